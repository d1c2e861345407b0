// SPDX-License-Identifier: MIT
#include "torq/wire/json_document.hpp"

#include <algorithm>
#include <cassert>
#include <new>

namespace torq::wire {
bool JsonWalk::enter() {
  if (++depth_ > kMaxDepth) fail();
  return ok_;
}

bool JsonWalk::goes_on() {
  if (ok_ && at_end()) fail();
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
    JsonWalk walk(document_);
    read_elements(array, walk, [](JsonValue&) {});
    return finish(walk, JsonOutcome::kNoObject);
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

JsonOutcome JsonReader::finish(JsonWalk& walk, JsonOutcome if_good) {
  return walk.ok() && walk.at_end() ? if_good : JsonOutcome::kNoJson;
}

}  // namespace torq::wire
