// SPDX-License-Identifier: MIT
// torq-shim SERVER:PORT SEED [WORD…]: the bad road of tests/chaos. Says on which port it listens, then obeys the words
// of each line on standard input: loss=0.05 duplication=0.01 reordering=0.02 (chances), delay=20 jitter=10 rebind=1000
// (milliseconds), mtu=1280, sources=3, blackout=5000, forget, clear; `counts` prints what has happened. Ends with the
// input, and prints it again.

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <exception>
#include <sstream>

#include "tests/chaos/shim.hpp"
#include "torq/net/clock.hpp"

namespace torq::chaos {
namespace {

constexpr std::size_t kLongestLine = 4096;

void print(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

void obey_line(Shim& shim, const std::string& line) {
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    if (word == "counts") {
      print(shim.describe());
    } else if (const auto done = shim.obey(net::monotonic_now(), word); !done) {
      throw std::runtime_error(done.error());
    }
  }
}

/// False at the end of the input.
bool read_orders(Shim& shim, std::string& unread) {
  std::array<char, 512> piece;
  const auto size = ::read(STDIN_FILENO, piece.data(), piece.size());
  if (size <= 0) return false;
  unread.append(piece.data(), static_cast<std::size_t>(size));
  for (std::size_t end; (end = unread.find('\n')) != std::string::npos; unread.erase(0, end + 1)) {
    obey_line(shim, unread.substr(0, end));
  }
  if (unread.size() > kLongestLine) throw std::runtime_error("a line without end");
  return true;
}

void run(const SocketAddress& server, std::uint64_t seed, const std::string& words) {
  Shim shim(server, seed);
  obey_line(shim, words);
  const SocketAddress address = shim.address();
  print(fmt::format(R"({{"event":"ready","address":"{}","port":{}}})", to_string(address.ip), address.port));
  std::string unread;
  for (bool open = true; open;) {
    if (shim.turn(STDIN_FILENO)) open = read_orders(shim, unread);
  }
  print(shim.describe());
}

}  // namespace
}  // namespace torq::chaos

int main(int argc, char** argv) {
  const auto server = argc >= 3 ? torq::parse_socket_address(argv[1]) : std::nullopt;
  const std::string_view seed = argc >= 3 ? argv[2] : "";
  std::uint64_t number = 0;
  if (!server || std::from_chars(seed.data(), seed.data() + seed.size(), number).ptr != seed.data() + seed.size()) {
    fmt::print(stderr, "usage: torq-shim SERVER:PORT SEED [WORD...]\n");
    return 2;
  }
  std::string words;
  for (int i = 3; i < argc; ++i) words.append(argv[i]).append(" ");
  try {
    torq::chaos::run(*server, number, words);
  } catch (const std::exception& failure) {
    fmt::print(stderr, "torq-shim: {}\n", failure.what());
    return 1;
  }
}
