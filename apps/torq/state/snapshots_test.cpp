// SPDX-License-Identifier: MIT
#include "apps/torq/state/snapshots.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <future>

#include "torq/files/small_file.hpp"
#include "torq/files/temporary_tree_test.hpp"
#include "torq/net/clock.hpp"
#include "torq/swarm/snapshot.hpp"

namespace torq::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLifetime = 150s;
constexpr swarm::SipKey kKey{{1, 2}};

/// For its lifetime no file of this process can grow beyond this size.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit less{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &less);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, old_);
  }

 private:
  rlimit before_{};
  sighandler_t old_;
};

class SnapshotsTest : public testing::Test {
 protected:
  static void fill(swarm::MemoryStore& store, std::size_t peers) {
    Random random(1);
    for (std::size_t n = 0; n < peers; ++n) {
      const auto byte = [n](unsigned i) { return static_cast<std::byte>(n >> 8 * i); };
      const InfoHash hash{{byte(0), byte(1), byte(2)}};
      store.visit(
          net::monotonic_now(),
          {hash, {IpAddress::v4({std::byte{9}, byte(2), byte(1), byte(0)}), 1}, tracker::Role::kSeeder, true, 0},
          random, {});
    }
  }
  Result<void, std::string> write(swarm::MemoryStore& store) const {
    return write_snapshot(store, path_, Pace::kFull, false);
  }
  void write(std::size_t peers) const {
    swarm::MemoryStore store(kKey, kLifetime);
    fill(store, peers);
    ASSERT_TRUE(write(store));
  }

  struct Loaded {
    std::size_t peers;
    std::string warning;
  };
  Loaded load(const swarm::SnapshotClock& clock = read_snapshot_clock(), unsigned threads = 1) const {
    swarm::MemoryStore store(kKey, kLifetime);
    const auto warning = load_snapshot(store, path_, kLifetime, clock, threads);
    return {store.figures().peers, warning.value_or("")};
  }

  files::TemporaryTree tree_;
  std::string path_ = tree_.path("swarms");
};

TEST_F(SnapshotsTest, BringBackWhoWasThere) {
  write(100);

  const Loaded loaded = load();

  EXPECT_EQ(loaded.peers, 100u);
  EXPECT_EQ(loaded.warning, "");
  EXPECT_EQ(std::filesystem::status(path_).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(tree_.entries(""), 1u);
}

TEST_F(SnapshotsTest, AreReadByManyThreads) {
  write(150'000);  // some hundreds of blocks

  EXPECT_EQ(load(read_snapshot_clock(), 4).peers, 150'000u);
}

TEST_F(SnapshotsTest, NoneIsNoNews) {
  EXPECT_EQ(load().warning, "");
  EXPECT_EQ(tree_.entries(""), 0u);
}

TEST_F(SnapshotsTest, ThatAreBrokenAreSetAside) {
  write(10);
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 1);

  const Loaded loaded = load();

  EXPECT_EQ(loaded.peers, 0u);
  EXPECT_NE(loaded.warning.find(path_ + ".bad"), std::string::npos) << loaded.warning;
  EXPECT_NE(loaded.warning.find("its end is missing"), std::string::npos) << loaded.warning;
  EXPECT_TRUE(std::filesystem::exists(path_ + ".bad"));
  EXPECT_EQ(load().warning, "") << "of a file that is set aside already";
}

TEST_F(SnapshotsTest, ThatAreBrokenAtTheEndBringNobodyBack) {
  write(5000);
  std::string bytes = files::read_file(path_, 1 << 30).value();
  bytes.back() = static_cast<char>(bytes.back() + 1);
  ASSERT_TRUE(files::write_file(path_, bytes, files::Mode::kPrivate));

  EXPECT_EQ(load().peers, 0u);
}

TEST_F(SnapshotsTest, ThatCannotBeReadAreToldOf) {
  tree_.folder("swarms");

  EXPECT_NE(load().warning.find("Is a directory"), std::string::npos);
}

TEST_F(SnapshotsTest, OfALongTimeAgoBringNobodyBack) {
  write(10);
  swarm::SnapshotClock later = read_snapshot_clock();
  later.since_boot += kLifetime + 1s;

  const Loaded loaded = load(later);

  EXPECT_EQ(loaded.peers, 0u);
  EXPECT_EQ(loaded.warning, "");
}

TEST_F(SnapshotsTest, SurviveAWallClockThatJumps) {
  for (const Duration jump : {Duration(-24h * 365), Duration(-1h), Duration(1h), Duration(24h * 365)}) {
    write(10);
    swarm::SnapshotClock clock = read_snapshot_clock();
    clock.unix_time += jump;
    EXPECT_EQ(load(clock).peers, 10u);

    clock.since_boot += kLifetime + 1s;
    EXPECT_EQ(load(clock).peers, 0u);
  }
}

TEST_F(SnapshotsTest, FromTheFutureOfAnotherBootCountAsHalfALifetimeOld) {
  write(10);
  swarm::SnapshotClock clock = read_snapshot_clock();
  clock.boot_id[0] ^= std::byte{1};
  clock.unix_time -= 24h * 365;
  swarm::MemoryStore store(kKey, kLifetime);

  load_snapshot(store, path_, kLifetime, clock, 1);

  EXPECT_EQ(store.figures().peers, 10u);
  const auto heard_of = [&](Duration later) {
    Random random(1);
    const SocketAddress asker{IpAddress::v4({std::byte{1}}), 1};
    const tracker::Visit visit{InfoHash{{std::byte{3}}}, asker, tracker::Role::kLeecher, false, 10};
    return store.visit(net::monotonic_now() + later, visit, random, {}).peers.size();
  };
  EXPECT_EQ(heard_of(kLifetime / 2 - 20s), 1u);
  EXPECT_EQ(heard_of(kLifetime / 2 + 20s), 0u);
}

TEST_F(SnapshotsTest, ThatFindNoRoomAreToldOfOnceAndLeaveTheOldOne) {
  write(10);
  swarm::MemoryStore store(kKey, kLifetime);
  fill(store, 5000);
  std::vector<std::string> warnings;
  {
    const FileSizeLimit full_disk(1000);
    Snapshots snapshots(store, path_, [&](const std::string& what) { warnings.push_back(what); });
    for (int i = 0; i < 3; ++i) snapshots.save();
  }

  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("File too large"), std::string::npos) << warnings[0];
  EXPECT_EQ(load().peers, 10u);
  EXPECT_EQ(tree_.entries(""), 1u);
}

// What the disk says to the writes or the syncs to come; 0: it works.
struct Disk {
  int write_error = 0;
  int sync_error = 0;
  int good_writes = 0;  // before the one that fails
};
Disk& disk() {
  static thread_local Disk state;
  return state;
}

int failing(int error) {
  errno = error;
  return -1;
}

constexpr files::WriteCalls kTroubledDisk{
    [](int fd, const void* bytes, std::size_t size) -> long {
      const bool fails = disk().write_error != 0 && disk().good_writes-- <= 0;
      return fails ? failing(disk().write_error) : ::write(fd, bytes, size);
    },
    [](int fd) { return disk().sync_error != 0 ? failing(disk().sync_error) : ::fsync(fd); }};

TEST_F(SnapshotsTest, ThatTheDiskRefusesAreToldOfOnceAndWrittenWhenItWorksAgain) {
  for (const Disk& trouble :
       {Disk{EIO, 0, 0}, Disk{EIO, 0, 2}, Disk{ENOSPC, 0, 1}, Disk{EDQUOT, 0, 1}, Disk{0, EIO, 0}}) {
    write(10);
    swarm::MemoryStore store(kKey, kLifetime);
    fill(store, 5'000);
    std::vector<std::string> warnings;
    Snapshots snapshots(store, path_, [&](const std::string& what) { warnings.push_back(what); });
    snapshots.use(kTroubledDisk);

    for (int i = 0; i < 3; ++i) {
      disk() = trouble;
      snapshots.save();
    }
    disk() = {};
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_EQ(load().peers, 10u) << warnings[0];
    EXPECT_EQ(tree_.entries(""), 1u);

    snapshots.save();
    EXPECT_EQ(load().peers, 5'000u);
    disk() = trouble;
    snapshots.save();
    disk() = {};
    EXPECT_EQ(warnings.size(), 2u) << "it is trouble of another day";
  }
}

TEST_F(SnapshotsTest, AreWrittenWhenItFinishes) {
  swarm::MemoryStore store(kKey, kLifetime);
  Snapshots snapshots(store, path_, [](const std::string& what) { ADD_FAILURE() << what; });
  snapshots.start(24h);
  fill(store, 10);

  std::promise<void> done;
  snapshots.finish([&] { done.set_value(); });
  done.get_future().wait();

  EXPECT_EQ(load().peers, 10u);
}

TEST_F(SnapshotsTest, AreNotWrittenByWhoNeverStartedOrGaveUp) {
  swarm::MemoryStore store(kKey, kLifetime);
  Snapshots never(store, path_, [](const std::string&) {}), abandoned(store, path_, [](const std::string&) {});
  std::promise<void> done;

  never.finish([] {});
  abandoned.start(24h);
  abandoned.abandon();
  abandoned.finish([&] { done.set_value(); });
  done.get_future().wait();

  EXPECT_EQ(tree_.entries(""), 0u);
}

// The child says each time when it has written one, so that it is killed in the middle of another. The random wait
// spreads the kills over everything that writing consists of; nothing depends on its length.
TEST_F(SnapshotsTest, AreWholeWheneverTheWriterIsKilled) {
  swarm::MemoryStore few(kKey, kLifetime), many(kKey, kLifetime);
  fill(few, 20);
  fill(many, 3000);
  ASSERT_TRUE(write(few));
  Random random(1);

  for (int kill = 0; kill < 200; ++kill) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) {
        if (!write(many) || !write(few) || ::write(pipe[1], "x", 1) != 1) ::_exit(1);
      }
    }
    ::close(pipe[1]);
    char byte;
    if (kill % 2 == 0) {
      ASSERT_EQ(::read(pipe[0], &byte, 1), 1);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(3000)));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(pipe[0]);
    ASSERT_TRUE(WIFSIGNALED(status));

    const Loaded loaded = load();
    ASSERT_EQ(loaded.warning, "");
    ASSERT_TRUE(loaded.peers == 20 || loaded.peers == 3000) << loaded.peers;
    ASSERT_EQ(tree_.entries(""), 1u) << "what the killed one left is cleared away";
  }
}

}  // namespace
}  // namespace torq::app
