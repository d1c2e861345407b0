// SPDX-License-Identifier: MIT
#include "torq/client/session_store.hpp"

#include <sys/stat.h>

#include "torq/base/bytes.hpp"
#include "torq/client/fixture_test.hpp"
#include "torq/client/session_folder.hpp"
#include "torq/files/small_file.hpp"
#include "torq/files/temporary_tree_test.hpp"

namespace torq::client {
namespace {

const std::string kServer(64, 'a');
const std::string kOther(64, 'b');

struct Clock {
  std::chrono::sys_seconds now{std::chrono::sys_days(std::chrono::year(2026) / 7 / 1)};
};

class InMemory {
 public:
  SessionMemory store{[this] { return clock.now; }};
  Clock clock;
};

class InFolder {
 public:
  files::TemporaryTree tree;
  SessionFolder store{tree.root(), [this] { return clock.now; }};
  Clock clock;
};

/// What every store does.
template <class Store>
class SessionStores : public testing::Test, public Store {
 protected:
  void save(const std::string& server, Keepsake kind, std::string_view text) {
    this->store.save(server, kind, as_bytes(text));
  }
  std::string take(const std::string& server, Keepsake kind) {
    return std::string(as_text(this->store.take(server, kind)));
  }
};
using Stores = testing::Types<InMemory, InFolder>;
TYPED_TEST_SUITE(SessionStores, Stores);

TYPED_TEST(SessionStores, GivesAwayOnceWhatWasSaved) {
  this->save(kServer, Keepsake::kTicket, "ticket");

  EXPECT_EQ(this->take(kServer, Keepsake::kTicket), "ticket");
  EXPECT_EQ(this->take(kServer, Keepsake::kTicket), "");
}

TYPED_TEST(SessionStores, KeepsTheLastOfEachKindAndServer) {
  this->save(kServer, Keepsake::kTicket, "first");
  this->save(kServer, Keepsake::kTicket, "second");
  this->save(kServer, Keepsake::kToken, "token");
  this->save(kOther, Keepsake::kTicket, "other");

  EXPECT_EQ(this->take(kOther, Keepsake::kToken), "");
  EXPECT_EQ(this->take(kServer, Keepsake::kTicket), "second");
  EXPECT_EQ(this->take(kServer, Keepsake::kToken), "token");
  EXPECT_EQ(this->take(kOther, Keepsake::kTicket), "other");
}

TYPED_TEST(SessionStores, ForgetsAfterADay) {
  this->save(kServer, Keepsake::kTicket, "ticket");
  this->save(kOther, Keepsake::kTicket, "ticket");

  this->clock.now += 24h - 1s;
  EXPECT_EQ(this->take(kServer, Keepsake::kTicket), "ticket");
  this->clock.now += 1s;
  EXPECT_EQ(this->take(kOther, Keepsake::kTicket), "");
}

TYPED_TEST(SessionStores, KeepsNothingTooLarge) {
  this->save(kServer, Keepsake::kTicket, std::string(kLargestKept, 'x'));
  this->save(kOther, Keepsake::kTicket, std::string(kLargestKept + 1, 'x'));

  EXPECT_EQ(this->take(kServer, Keepsake::kTicket).size(), kLargestKept);
  EXPECT_EQ(this->take(kOther, Keepsake::kTicket), "");
}

TEST(SessionMemory, HoldsTheServersThatWereSavedLast) {
  InMemory memory;
  for (std::size_t i = 0; i <= kMostKept; ++i) memory.store.save(std::to_string(i), Keepsake::kToken, as_bytes("x"));

  EXPECT_TRUE(memory.store.take("0", Keepsake::kToken).empty());
  EXPECT_FALSE(memory.store.take("1", Keepsake::kToken).empty());
}

class SessionFiles : public testing::Test, public InFolder {
 protected:
  const std::string file = tree.path(kServer + ".ticket");

  void save(std::string_view text) { store.save(kServer, Keepsake::kTicket, as_bytes(text)); }
  std::string take() { return std::string(as_text(store.take(kServer, Keepsake::kTicket))); }
  std::string content() const { return files::read_file(file, 1 << 20).value(); }
  void put(std::string_view bytes) { ASSERT_TRUE(files::write_file(file, bytes, files::Mode::kPrivate)); }
};

TEST_F(SessionFiles, AreSeenByAnotherStoreOnTheFolder) {
  save("ticket");
  SessionFolder other(tree.root(), [this] { return clock.now; });

  EXPECT_EQ(as_text(other.take(kServer, Keepsake::kTicket)), "ticket");
  EXPECT_EQ(take(), "");
}

TEST_F(SessionFiles, AreTheUsersAlone) {
  save("ticket");
  struct stat status{};

  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(SessionFiles, ArePassedOverWhenTheyAreDamaged) {
  save("ticket");
  const std::string good = content();
  for (std::size_t i = 0; i < good.size(); ++i) {
    put(good.substr(0, i));
    EXPECT_EQ(take(), "") << i;
    if (i >= 8 && i < 16) continue;  // when it was saved: another time is another time
    std::string changed = good;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    put(changed);
    EXPECT_EQ(take(), "") << i;
  }
  put(good);
  EXPECT_EQ(take(), "ticket");
}

TEST_F(SessionFiles, ArePassedOverWhenTheyAreFromTheFuture) {
  save("ticket");
  clock.now -= 1s;

  EXPECT_EQ(take(), "");
}

TEST_F(SessionFiles, ArePassedOverWhenTheyAreNoFiles) {
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(take(), "");

  std::filesystem::remove(file);
  std::filesystem::create_symlink("/dev/zero", file);
  EXPECT_EQ(take(), "");
}

TEST_F(SessionFiles, StayFewAndLeaveOthersAlone) {
  tree.file("notes.txt", "the user's");
  for (std::size_t i = 0; i < kMostKept + 10; ++i) {
    std::string server = std::to_string(i);
    server.insert(0, 64 - server.size(), '0');
    store.save(server, Keepsake::kToken, as_bytes("x"));
  }

  const auto begin = std::filesystem::directory_iterator(tree.root());
  EXPECT_EQ(std::distance(begin, std::filesystem::directory_iterator()), static_cast<std::ptrdiff_t>(kMostKept + 1));
  EXPECT_TRUE(std::filesystem::exists(tree.path("notes.txt")));
}

TEST(SessionFolder, ThatIsMissingForgets) {
  SessionFolder store("/nonexistent/torq");
  store.save(kServer, Keepsake::kTicket, as_bytes("ticket"));

  EXPECT_TRUE(store.take(kServer, Keepsake::kTicket).empty());
}

// Clients
// --------------------------------------------------------------------------------------------------------------

Options remembering(const std::shared_ptr<SessionStore>& sessions) {
  Options options;
  options.sessions = sessions;
  return options;
}

TEST(Client, ResumesWhenItConnectsAgain) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  Client client;
  ASSERT_TRUE(client.announce(server.pinned(), announce_of()));

  server.close_connections();
  ASSERT_TRUE(client.announce(server.pinned(), announce_of()));

  EXPECT_EQ(client.connections().connected, 2U);
  EXPECT_EQ(client.connections().resumed, 1U);
}

TEST(Client, ResumesWhatAnotherOneBegan) {
  const auto sessions = sessions_in_memory();
  ScriptedServer server(always(answer(kAnnounceReply)));
  for (const std::uint64_t resumed : {0U, 1U, 1U}) {
    Client client(remembering(sessions));

    ASSERT_TRUE(client.announce(server.pinned(), announce_of()));

    EXPECT_EQ(client.connections().resumed, resumed);
  }
}

TEST(Client, ResumesNothingUnderAnotherTrustSetting) {
  const auto sessions = sessions_in_memory();
  ScriptedServer server(always(answer(kAnnounceReply)));
  Client careless(remembering(sessions));
  ASSERT_TRUE(careless.announce(server.as(Trust::anyone()), announce_of()));
  Client strict(remembering(sessions));

  ASSERT_TRUE(strict.announce(server.pinned(), announce_of()));
  EXPECT_EQ(strict.connections().resumed, 0U);

  const auto other = server.as(Trust::pin("sha256:" + std::string(64, 'a')).value());
  EXPECT_EQ(strict.announce(other, announce_of()).error().kind, ErrorKind::kTrust);
}

TEST(Client, ResumesAtAServerThatWasRestarted) {
  Client client;
  auto first = std::make_unique<ScriptedServer>(always(answer(kAnnounceReply)));
  ASSERT_TRUE(client.announce(first->pinned(), announce_of()));
  const Setting setting = first->setting();

  first.reset();
  ScriptedServer second(always(answer(kAnnounceReply)), setting);
  ASSERT_TRUE(client.announce(second.pinned(), announce_of()));

  EXPECT_EQ(client.connections().resumed, 1U);
}

}  // namespace
}  // namespace torq::client
