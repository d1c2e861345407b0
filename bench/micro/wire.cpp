// SPDX-License-Identifier: MIT
// Decoding and encoding of each message, without a connection.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "torq/base/bytes.hpp"
#include "torq/wire/answer_encoder.hpp"
#include "torq/wire/file_answer_encoder.hpp"
#include "torq/wire/request_parser.hpp"

namespace torq::wire {
namespace {

constexpr const char* kAnnounce =
    R"({"info_hash":"0123456789abcdef0123456789abcdef01234567","peer_id":"-TQ0100-000000000000","port":6881,)"
    R"("uploaded":0,"downloaded":0,"left":1000000,"event":"started","numwant":50})";

void decode(benchmark::State& state, std::string_view request) {
  RequestParser parser{Limits()};
  for (auto _ : state) benchmark::DoNotOptimize(parser.parse(as_bytes(request)));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * request.size()));
}

BENCHMARK_CAPTURE(decode, announce, kAnnounce);
BENCHMARK_CAPTURE(decode, file, R"({"file":"large.bin","encoding":"raw","offset":1048576,"length":65536})");
BENCHMARK_CAPTURE(decode, capabilities, R"({"capabilities":["announce","file","file_raw"],"version":1})");
BENCHMARK_CAPTURE(decode, scrape, R"({"scrape":["0123456789abcdef0123456789abcdef01234567"]})");
BENCHMARK_CAPTURE(decode, list, R"({"list":"images"})");
BENCHMARK_CAPTURE(decode, refused, R"({"info_hash":"0123","peer_id":"-TQ0100-000000000000","port":0})");

void encode_announce(benchmark::State& state) {
  tracker::AnnounceReply reply;
  reply.interval = std::chrono::seconds(1800);
  for (int i = 0; i < state.range(0); ++i) {
    const auto low = static_cast<std::byte>(i);
    reply.peers.push_back({IpAddress::v4({std::byte{10}, std::byte{20}, std::byte{30}, low}), 6881});
  }
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_announce_reply(out, reply);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * out.size()));
}
BENCHMARK(encode_announce)->Arg(0)->Arg(1)->Arg(50)->Arg(200);

// Of the file, not of the text that it becomes.
void encode_file_as_numbers(benchmark::State& state) {
  std::vector<std::byte> block(16 * 1024);
  for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<std::byte>(i * 131 % 251);
  std::string out;
  for (auto _ : state) {
    FileAnswerEncoder encoder;
    out.clear();
    encoder.append_head(out);
    encoder.append_block(out, block);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * block.size()));
}
BENCHMARK(encode_file_as_numbers);

}  // namespace
}  // namespace torq::wire
