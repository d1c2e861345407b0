// SPDX-License-Identifier: MIT
// Any bytes as a request: parsed from a copy and in place, with hostile bytes behind it, to the same result; what is
// understood survives being encoded; an announce means the same with a member more that says nothing; and another
// strict parser agrees about what is JSON.

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fuzz/require.hpp"
#include "torq/wire/request_encoder.hpp"
#include "torq/wire/request_parser.hpp"

namespace {

using namespace torq;
using namespace torq::wire;

std::string meaning(const Result<Request, RequestError>& request) {
  return request ? encode_request(*request) : std::string(name_of(request.error().code)) + request.error().text;
}

std::string parse_in_place(RequestParser& parser, Bytes wire, char behind) {
  std::vector<std::byte> buffer(wire.begin(), wire.end());
  buffer.resize(wire.size() + RequestParser::kPadding, static_cast<std::byte>(behind));
  return meaning(parser.parse_in_place(buffer, wire.size()));
}

enum class Verdict { kJson, kNoJson, kNoOpinion };

Verdict other_parser(Bytes wire) {
  const std::string_view text = as_text(wire);
  // It skips a byte order mark, ends at a NUL, refuses numbers that no double holds, and follows any nesting.
  if (text.starts_with("\xef\xbb\xbf") || text.find('\0') != std::string_view::npos ||
      std::count(text.begin(), text.end(), '[') > 30 || std::count(text.begin(), text.end(), '{') > 30) {
    return Verdict::kNoOpinion;
  }
  try {
    return nlohmann::json::parse(text).is_discarded() ? Verdict::kNoJson : Verdict::kJson;
  } catch (const nlohmann::json::out_of_range&) {
    return Verdict::kNoOpinion;
  } catch (const nlohmann::json::exception&) {
    return Verdict::kNoJson;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static RequestParser parser;  // kept, as a worker keeps its own: one request must not spoil the next
  const Bytes wire = std::as_bytes(std::span(data, size));

  const auto request = parser.parse(wire);
  const std::string meant = meaning(request);
  const bool is_json = request || (request.error().code != ErrorCode::kInvalidJson &&
                                   request.error().code != ErrorCode::kInvalidEncoding);
  if (request) require(meaning(parser.parse(as_bytes(meant))) == meant);
  if (request && std::holds_alternative<AnnounceRequest>(*request)) {
    // The usual announce has a way of its own, which an unknown member leaves.
    std::string unusual(as_text(wire));
    unusual.insert(unusual.find('{') + 1, R"("?":0,)");
    require(unusual.size() > Limits{}.max_request_bytes || meaning(parser.parse(as_bytes(unusual))) == meant);
  }

  for (const char behind : {'\0', '}', ']', ',', '"', '9', '\xff'}) {
    require(parse_in_place(parser, wire, behind) == meant);
  }
  const Verdict verdict = other_parser(wire);
  require(verdict == Verdict::kNoOpinion || size > Limits{}.max_request_bytes ||
          is_json == (verdict == Verdict::kJson));
  return 0;
}
