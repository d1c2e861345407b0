// SPDX-License-Identifier: MIT
// Two applications that do with their streams whatever an interface without documentation would allow, over a link that
// does what it likes. Whatever they did, the connection must live, and when all streams have ended, both sides must
// have forgotten them all and stand with the credit that they began with.

#include <gtest/gtest.h>

#include <algorithm>

#include "simulation.hpp"

namespace torq::simulation {
namespace {

constexpr std::uint64_t kCode = 0x10c;

class Chaotic final : public Application {
 public:
  struct Habits {
    bool opens = true;
    bool stops = true;
  };

  Chaotic(std::uint64_t seed, Habits habits) : random_(seed), habits_(habits) {}

  void handle_event(Instant, quic::Endpoint& endpoint, const quic::Event& event) override {
    if (idle_) return;
    quic::Connection& connection = *endpoint.find(event.connection);
    if (const auto* readable = std::get_if<quic::StreamReadable>(&event.what)) {
      know(readable->stream);
      if (tidy_ || random_.below(3) > 0) read(connection, readable->stream);
    } else if (const auto* reset = std::get_if<quic::StreamReset>(&event.what)) {
      know(reset->stream);
      if (tidy_) connection.reset(reset->stream, kCode);
    } else if (const auto* gone = std::get_if<quic::StreamClosed>(&event.what)) {
      std::erase(streams_, gone->stream);
      if (last_gone_.size() < 20) last_gone_.push_back(gone->stream);
    } else if (std::holds_alternative<quic::Connected>(event.what)) {
      established = true;
    } else if (const auto* ended = std::get_if<quic::Closed>(&event.what)) {
      closed = ended->reason;
    }
    if (!tidy_ && random_.below(4) == 0) act(connection);
  }

  /// One thing at random, on one stream or none.
  void act(quic::Connection& connection) {
    const quic::StreamId stream = pick();
    switch (random_.below(9)) {
      case 0:
      case 1:
        if (const auto fresh = habits_.opens ? connection.open_stream() : std::nullopt) know(*fresh);
        break;
      case 2:
      case 3:
        connection.write(stream, std::vector<std::byte>(random_.below(random_.below(2) == 0 ? 100 : 100'000)));
        break;
      case 4:
        connection.finish(stream);
        break;
      case 5:
        if (random_.below(3) == 0) connection.reset(stream, kCode);
        break;
      case 6:
        if (habits_.stops && random_.below(3) == 0) connection.stop_sending(stream, kCode);
        break;
      default:
        read(connection, stream);
        break;
    }
  }

  /// From now on ends whatever is open and reads whatever comes.
  void tidy_up(quic::Connection& connection) {
    tidy_ = true;
    for (const quic::StreamId stream : std::vector(streams_)) {
      if (random_.below(2) == 0) connection.finish(stream);
      connection.reset(stream, kCode);
      if (habits_.stops && random_.below(2) == 0) connection.stop_sending(stream, kCode);
      read(connection, stream);
    }
  }

  /// From now on does nothing.
  void rest() { idle_ = true; }

  bool established = false;
  std::optional<quic::CloseReason> closed;

 private:
  void know(quic::StreamId stream) {
    if (std::ranges::find(streams_, stream) == streams_.end()) streams_.push_back(stream);
  }

  quic::StreamId pick() {
    if (streams_.empty() || random_.below(20) == 0) {
      return last_gone_.empty() ? quic::StreamId{4000} : last_gone_[random_.below(last_gone_.size())];
    }
    return streams_[random_.below(streams_.size())];
  }

  void read(quic::Connection& connection, quic::StreamId stream) {
    const std::size_t all = connection.peek(stream).bytes.size();
    connection.consume(stream, tidy_ || all == 0 ? all : random_.below(all + 1));
  }

  Random random_;
  Habits habits_;
  bool tidy_ = false;
  bool idle_ = false;
  std::vector<quic::StreamId> streams_;
  std::vector<quic::StreamId> last_gone_;
};

Settings narrow(Random& random) {
  Settings settings;
  constexpr std::uint64_t kMostStreams = 20;
  for (quic::Limits* limits : {&settings.server, &settings.client}) {
    limits->streams = 1 + random.below(kMostStreams);
    limits->stream_window = 1000 + random.below(30'000);
    limits->connection_window = limits->stream_window + random.below(50'000);
    limits->max_unsent = 1000 + random.below(50'000);
    limits->max_unacknowledged = kMostStreams * limits->max_unsent;
  }
  return settings;
}

// How much each side of a connection will take before somebody reads: what its credit really is.
std::size_t credit_left(World& world, quic::Connection& writer, quic::Connection& reader) {
  std::vector<quic::StreamId> streams;
  while (const auto stream = writer.open_stream()) streams.push_back(*stream);
  for (int round = 0; round < 100; ++round) {
    for (const quic::StreamId stream : streams) writer.write(stream, std::vector<std::byte>(100'000));
    world.act();
    world.run_for(100ms);
  }
  std::size_t taken = 0;
  for (const quic::StreamId stream : streams) taken += reader.peek(stream).bytes.size();
  return taken;
}

void rampage(World& world, Random& random, Chaotic& at_server, Chaotic& at_client, std::uint64_t rebinds_in_a_hundred) {
  const std::array<SocketAddress, 3> places = {world.link.outside(), *parse_socket_address("198.51.100.1:50001"),
                                               *parse_socket_address("203.0.113.9:50002")};
  for (int step = 0; step < 300; ++step) {
    at_client.act(*world.client_connection());
    at_server.act(*world.server_connection());
    if (random.below(50) == 0) world.client_connection()->update_keys(world.now());
    if (random.below(100) < rebinds_in_a_hundred) world.link.rebind(places[random.below(places.size())]);
    world.act();
    world.run_for(std::chrono::milliseconds(random.below(20)));
    ASSERT_FALSE(at_client.closed) << at_client.closed->text << ", step " << step;
    ASSERT_FALSE(at_server.closed) << at_server.closed->text << ", step " << step;
  }
}

void tidy(World& world, Chaotic& at_server, Chaotic& at_client) {
  for (int round = 0; round < 5; ++round) {
    at_client.tidy_up(*world.client_connection());
    at_server.tidy_up(*world.server_connection());
    world.act();
    world.run_for(2s);
  }
  ASSERT_FALSE(at_client.closed) << at_client.closed->text;
  ASSERT_FALSE(at_server.closed) << at_server.closed->text;
  at_client.rest();
  at_server.rest();
}

// One thread plays both sides: TSan has nothing to find here, and takes thirty times as long; ASan takes four times.
#ifdef __SANITIZE_THREAD__
constexpr std::uint64_t kSeeds = 50;
#elif defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kSeeds = 500;
#else
constexpr std::uint64_t kSeeds = 1500;
#endif

TEST(SimulatedChaos, LeavesNoStreamAndNoDebtBehind) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const Settings settings = narrow(random);
    const bool stops = seed % 3 != 0;
    const bool loses = seed % 3 != 1;
    Chaotic at_server(seed + 1, {random.below(3) == 0, stops});
    Chaotic at_client(seed + 2, {true, stops});
    World world(seed, settings, at_server, at_client);
    world.link.lose(loses ? 0.05 : 0);
    world.link.reorder(loses ? 0.1 : 0);
    world.connect();
    ASSERT_TRUE(world.run_until([&] { return at_server.established && at_client.established; }, 15s));

    rampage(world, random, at_server, at_client, stops && loses ? 2 : 0);
    tidy(world, at_server, at_client);
    if (HasFatalFailure()) return;

    // Under the worst of weathers it is enough to live. ngtcp2 1.11 never ends a stream that was stopped with a gap in
    // it, when the other side has sent all of it: what fills the gap is not counted any more, and no RESET_STREAM
    // comes. A client whose PATH_RESPONSEs were lost may find its congestion window full of them, and waits.
    if (stops && loses) continue;
    world.link.be_perfect();
    EXPECT_EQ(world.client_connection()->open_streams(), 0U);
    EXPECT_EQ(world.server_connection()->open_streams(), 0U);
    // Up to half of the connection's window may be granted and not have been told yet.
    const quic::Limits& limits = settings.server;
    const std::uint64_t streams_take = limits.streams * limits.stream_window;
    const std::size_t left = credit_left(world, *world.client_connection(), *world.server_connection());
    EXPECT_LE(left, std::min(streams_take, limits.connection_window));
    EXPECT_GE(left, std::min(streams_take, limits.connection_window / 2));
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace torq::simulation
