// SPDX-License-Identifier: MIT
#include "torq/wire/json_document.hpp"

#include <algorithm>
#include <cassert>
#include <new>

#include "torq/wire/json_text.hpp"

namespace torq::wire {
namespace {

/// A number or a literal; kAbsent for anything else. `token` is all of it.
JsonScalar bare_scalar(std::string_view token) {
  using Kind = JsonScalar::Kind;
  if (is_json_number(token)) return {Kind::kNumber, token};
  if (token == "null") return {Kind::kNull, {}};
  if (token == "true" || token == "false") return {Kind::kBool, {}};
  return {};
}

}  // namespace

bool is_utf8(std::string_view text) {
  // Most texts are short and ASCII, for which simdjson's call costs more than the check.
  unsigned bits = 0;
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return bits < 0x80 || simdjson::validate_utf8(text.data(), text.size());
}

bool JsonWalk::enter() {
  if (++depth_ > kMaxDepth) fail();
  return ok_;
}

JsonScalar JsonValue::scalar() {
  if (is_object()) {
    members([](std::string_view, JsonValue&) {});
    return {JsonScalar::Kind::kObject, {}};
  }
  if (is_array()) {
    elements([](JsonValue&) {});
    return {JsonScalar::Kind::kArray, {}};
  }
  read_ = true;
  if (first_ == '"') return text();
  const JsonScalar found = bare_scalar(trim_right(token()));
  if (found.kind == JsonScalar::Kind::kAbsent) walk_.fail();
  return found;
}

JsonScalar JsonValue::text() {
  std::string_view value;
  // simdjson 3.0 turns a lone surrogate escape into bytes that are no UTF-8; later ones refuse it themselves.
  if (value_.get_string().get(value) != simdjson::SUCCESS || !is_utf8(value)) walk_.fail();
  return {JsonScalar::Kind::kText, value};
}

JsonReader::JsonReader(std::size_t usual_bytes) {
  copy_.reserve(usual_bytes + kPadding);
  if (parser_.allocate(usual_bytes) != simdjson::SUCCESS) throw std::bad_alloc();
}

Bytes JsonReader::padded(Bytes document) {
  copy_.assign(as_text(document));
  copy_.append(kPadding, ' ');
  return as_bytes(copy_);
}

JsonOutcome JsonReader::start(Bytes buffer, std::size_t size) {
  assert(buffer.size() >= size + kPadding);
  const std::string_view document = as_text(buffer.first(size));
  const std::size_t first = document.find_first_not_of(" \t\n\r");
  walk_ = {};
  const simdjson::padded_string_view view(document.data(), document.size(), buffer.size());
  const simdjson::error_code error = parser_.iterate(view).get(document_);
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  // simdjson checks the encoding last, so any other fault may hide a wrong byte. A success hides none. A byte order
  // mark, which later versions skip, is no JSON (RFC 8259 8.1).
  if (error != simdjson::SUCCESS || first == std::string_view::npos || document[first] == '\xef') {
    return is_utf8(document) ? JsonOutcome::kNoJson : JsonOutcome::kNoUtf8;
  }
  return document[first] == '{' ? JsonOutcome::kObject : read_no_object(document.substr(first));
}

JsonOutcome JsonReader::read_no_object(std::string_view document) {
  if (document.front() == '[') {
    simdjson::ondemand::array array;
    if (document_.get_array().get(array) != simdjson::SUCCESS) return JsonOutcome::kNoJson;
    read_elements(array, walk_, [](JsonValue&) {});
    return finish(JsonOutcome::kNoObject);
  }
  std::string_view token;
  if (document_.raw_json_token().get(token) != simdjson::SUCCESS) return JsonOutcome::kNoJson;
  // The token ends where the next one begins: text may follow.
  if (token.size() < trim_right(document).size()) return JsonOutcome::kNoJson;
  std::string_view text;
  const bool good = document.front() == '"' ? document_.get_string().get(text) == simdjson::SUCCESS && is_utf8(text)
                                            : bare_scalar(trim_right(token)).kind != JsonScalar::Kind::kAbsent;
  return good ? JsonOutcome::kNoObject : JsonOutcome::kNoJson;
}

JsonOutcome JsonReader::finish(JsonOutcome if_good) {
  // Out of bounds is the only place that is behind the last token, and before none.
  const bool at_end = document_.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return walk_.ok() && at_end ? if_good : JsonOutcome::kNoJson;
}

}  // namespace torq::wire
