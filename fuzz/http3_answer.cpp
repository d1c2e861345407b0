// SPDX-License-Identifier: MIT
// Any bytes as the answer to a GET over HTTP/3, in two pieces that the first byte cuts: the same as in one, and never
// more of it than the limit.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include "fuzz/require.hpp"
#include "torq/h3/get.hpp"

namespace {

using namespace torq;

constexpr h3::AnswerLimits kLimits{4096, 1024};

std::string read(Bytes answer, std::size_t cut) {
  h3::AnswerReader reader(kLimits);
  for (const Bytes piece : {answer.first(cut), answer.subspan(cut)}) {
    if (const auto fed = reader.feed(piece); !fed) return fed.error();
  }
  const auto whole = reader.finish();
  if (!whole) return whole.error();
  require(whole->status >= 200 && whole->status <= 999 && whole->body.size() <= kLimits.body_bytes);
  return std::to_string(whole->status) + whole->location + ' ' + whole->body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes answer = std::as_bytes(std::span(data, size)).subspan(1);
  require(read(answer, std::min<std::size_t>(data[0], answer.size())) == read(answer, 0));
  return 0;
}
