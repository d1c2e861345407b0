// SPDX-License-Identifier: MIT
// Any bytes as the answer to a file request. The first is the size of the chunks in which the rest arrives: whole or in
// chunks, the result is the same; another parser finds the same bytes in it; and they survive being encoded.

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "fuzz/require.hpp"
#include "torq/wire/file_answer_encoder.hpp"
#include "torq/wire/file_answer_reader.hpp"

namespace {

using namespace torq;
using namespace torq::wire;

struct Read {
  std::string data;
  Result<FileAnswer, AnswerError> answer;

  bool operator==(const Read&) const = default;
};

Read read(Bytes wire, std::size_t chunk) {
  FileAnswerReader reader({.max_file_bytes = 1000, .max_text_bytes = 100});
  std::string data;
  while (!wire.empty()) {
    const Bytes part = wire.first(std::min(chunk, wire.size()));
    wire = wire.subspan(part.size());
    if (const auto bytes = reader.feed(part)) data += as_text(*bytes);
  }
  return {data, reader.finish()};
}

std::string encode(const Read& read) {
  FileAnswerEncoder encoder;
  std::string out;
  encoder.append_head(out);
  encoder.append_block(out, as_bytes(read.data));
  encoder.append_tail(out, *read.answer);
  return out;
}

/// Only of an answer that we took: another parser must take it, too, and find the same data.
void compare(Bytes wire, const Read& read) {
  try {
    const auto json = nlohmann::json::parse(as_text(wire));
    const auto numbers = json.at("data").get<std::vector<std::uint8_t>>();
    require(std::ranges::equal(numbers, std::as_bytes(std::span(read.data)), {}, [](auto n) { return std::byte{n}; }));
  } catch (const nlohmann::json::out_of_range&) {  // a number that no double holds
  } catch (const nlohmann::json::parse_error&) {
    // Texts that nobody reads are not checked for UTF-8.
    require(std::ranges::any_of(wire, [](std::byte b) { return b >= std::byte{0x80}; }));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes wire = std::as_bytes(std::span(data, size)).subspan(1);

  const Read whole = read(wire, size);
  const Read chunks = read(wire, std::max<std::size_t>(data[0], 1));

  require(chunks.answer == whole.answer);
  if (!whole.answer) return 0;
  require(chunks.data == whole.data);
  compare(wire, whole);
  require(read(as_bytes(encode(whole)), 7) == whole);
  return 0;
}
