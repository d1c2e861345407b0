// SPDX-License-Identifier: MIT
// Any bytes as an answer, of the kind that the first one picks: what is understood survives being encoded.

#include <cstdint>
#include <string>

#include "fuzz/require.hpp"
#include "torq/wire/answer_encoder.hpp"
#include "torq/wire/answer_parser.hpp"

namespace {

using namespace torq;
using namespace torq::wire;

template <class Parse, class Append>
void round_trip(Bytes wire, Parse parse, Append append) {
  const auto reply = parse(wire);
  if (!reply) return;
  std::string once;
  append(once, *reply);
  const auto again = parse(as_bytes(once));
  require(again.has_value());
  std::string twice;
  append(twice, *again);
  require(once == twice);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static AnswerParser parser;  // kept, as a client keeps its own
  const Bytes wire = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0]) {
    case 'a':
      round_trip(wire, [](Bytes w) { return parser.parse_announce(w); }, append_announce_reply);
      break;
    case 'c':
      round_trip(wire, [](Bytes w) { return parser.parse_capabilities(w); }, append_capability_reply);
      break;
    case 's':
      round_trip(wire, [](Bytes w) { return parser.parse_scrape(w); }, append_scrape_reply);
      break;
    case 'l':
      round_trip(wire, [](Bytes w) { return parser.parse_list(w); }, append_list_reply);
      break;
    default:
      round_trip(wire, [](Bytes w) { return parser.parse_raw_header(w); }, append_raw_header);
      break;
  }
  return 0;
}
