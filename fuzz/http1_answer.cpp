// SPDX-License-Identifier: MIT
// Any bytes as the answer to an HTTP/1.1 request, in two pieces that the first byte cuts: the same as in one, and never
// more of it than the limit.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include "fuzz/require.hpp"
#include "torq/base/bytes.hpp"
#include "torq/wire/http1_answer.hpp"

namespace {

using namespace torq;

constexpr wire::HttpAnswerLimits kLimits{4096, 1024};

std::string read(std::string_view answer, std::size_t cut) {
  wire::Http1AnswerReader reader(kLimits);
  bool whole = false;
  for (const std::string_view piece : {answer.substr(0, cut), answer.substr(cut)}) {
    const auto fed = reader.feed(piece);
    if (!fed) return fed.error();
    require(*fed || !whole);
    whole = *fed;
  }
  if (const auto ended = reader.finish(); !ended) return ended.error();
  const wire::HttpAnswer taken = reader.take();
  require(taken.status >= 200 && taken.status <= 999 && taken.body.size() <= kLimits.body_bytes);
  return std::to_string(taken.status) + taken.location + ' ' + taken.body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view answer = as_text(std::as_bytes(std::span(data, size)).subspan(1));
  require(read(answer, std::min<std::size_t>(data[0], answer.size())) == read(answer, 0));
  return 0;
}
