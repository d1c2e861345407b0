// SPDX-License-Identifier: MIT
// Any bytes as a raw file answer, in two pieces that the first byte cuts: the same as in one, and never more bytes than
// were announced.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "fuzz/require.hpp"
#include "torq/client/raw_answer_reader.hpp"

namespace {

using namespace torq;

std::optional<std::string> read(wire::AnswerParser& parser, Bytes answer, std::size_t cut) {
  client::RawAnswerReader reader(parser);
  std::string file;
  for (const Bytes piece : {answer.first(cut), answer.subspan(cut)}) {
    const auto bytes = reader.feed(piece);
    if (!bytes) return std::nullopt;
    file.append(as_text(*bytes));
  }
  const auto header = reader.finish();
  if (!header) return std::nullopt;
  require(file.size() == header->range.length);
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static wire::AnswerParser parser;
  const Bytes answer = std::as_bytes(std::span(data, size)).subspan(1);
  const std::size_t cut = std::min<std::size_t>(data[0], answer.size());
  require(read(parser, answer, cut) == read(parser, answer, 0));
  return 0;
}
