// SPDX-License-Identifier: MIT
// torq-bare: the floor. Answers every stream that ends with a fixed announce answer, or with a file that it was given,
// without parsing or storing anything. usage: torq-bare CERT KEY [FILE]
#include <fmt/format.h>

#include <cstdio>
#include <deque>
#include <fstream>
#include <iostream>
#include <iterator>

#include "bench/machine.hpp"

namespace torq::bench {
namespace {

constexpr std::string_view kAnswer =
    R"({"interval":1800,"peers":[{"ip":"10.11.12.13","port":6881}],"complete":1,"incomplete":1})";

class Bare final : public Application {
 public:
  explicit Bare(std::string file) : file_(std::move(file)) {}

  Stream* on_stream(Connection&) override {
    if (free_.empty()) free_.push_back(&streams_.emplace_back());
    Stream* stream = free_.back();
    free_.pop_back();
    *stream = {};
    return stream;
  }

  void on_data(Connection& connection, Stream& stream, Bytes, bool fin) override {
    if (!fin) return;
    stream.body = as_bytes(file_.empty() ? kAnswer : std::string_view(file_));
    connection.machine->send(connection, stream);
  }

  void on_closed(Connection&, Stream& stream) override { free_.push_back(&stream); }

 private:
  std::string file_;
  std::deque<Stream> streams_;
  std::vector<Stream*> free_;
};

std::string content(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int serve(int argc, char** argv) {
  if (argc < 3) throw std::runtime_error("usage: torq-bare CERT KEY [FILE]");
  Bare bare(argc > 3 ? content(argv[3]) : "");
  MachineOptions options;
  options.server = true;
  options.address = parse_socket_address("127.0.0.1:0").value();
  options.cert_file = argv[1];
  options.key_file = argv[2];
  Machine machine(options, bare);
  std::puts(fmt::format(R"({{"event":"ready","port":{}}})", machine.address().port).c_str());
  std::fflush(stdout);
  for (;;) machine.turn(clock_now() + std::chrono::seconds(1));
}

}  // namespace
}  // namespace torq::bench

int main(int argc, char** argv) {
  try {
    return torq::bench::serve(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "torq-bare: " << error.what() << std::endl;
    return 1;
  }
}
