// SPDX-License-Identifier: MIT
#pragma once
// Reads one JSON document strictly (RFC 8259) from top to bottom. simdjson's on-demand parser does the work, but it
// checks only what is asked of it: an unread member may hold `01` or `\ud800`, text may follow the document. So every
// value is visited here, those that nobody asks for too, and every token is checked. Faults stick: after the first one
// nothing more is read. Internal to wire/; one document belongs to one thread.

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "torq/base/bytes.hpp"
#include "torq/wire/json_text.hpp"

namespace torq::wire {

/// What the values of one document share while it is read.
class JsonWalk {
 public:
  explicit JsonWalk(simdjson::ondemand::document& document) : document_(document) {}

  bool ok() const { return ok_; }
  void fail() { ok_ = false; }
  /// False (a fault) when the document is nested deeper than we follow.
  bool enter();
  void leave() { --depth_; }
  /// After a value in a container, false (a fault) at the end of the document: the container is not closed.
  /// simdjson 3.0 overlooks that behind an empty object and goes on in what stands behind the document.
  bool goes_on();
  /// Just behind the last token.
  bool at_end() { return document_.current_location().error() == simdjson::OUT_OF_BOUNDS; }

 private:
  static constexpr unsigned kMaxDepth = 64;

  simdjson::ondemand::document& document_;
  unsigned depth_ = 0;
  bool ok_ = true;
};

/// A value at which the reader stands: read it at most once, with one of scalar, members and elements. What is left
/// unread is checked when its container goes on.
class JsonValue {
 public:
  JsonValue(simdjson::ondemand::value value, JsonWalk& walk) : value_(value), walk_(walk) {
    if (const std::string_view start = token(); !start.empty()) first_ = start.front();
  }

  /// Checks the inside of a container, too.
  JsonScalar scalar();

  /// Calls on_member(std::string_view name, JsonValue&) for each member; does nothing when this is no object.
  template <class OnMember>
  void members(OnMember&& on_member);

  /// Calls on_element(JsonValue&) for each element; does nothing when this is no array.
  template <class OnElement>
  void elements(OnElement&& on_element);

  bool is_object() const { return first_ == '{'; }
  bool is_array() const { return first_ == '['; }

  /// For the container: checks the value unless it was read.
  void finish() {
    if (!read_) scalar();
  }

 private:
  /// From the first character to the next token; may end in white space.
  std::string_view token() { return value_.raw_json_token(); }
  JsonScalar text();

  simdjson::ondemand::value value_;
  JsonWalk& walk_;
  char first_ = '\0';
  bool read_ = false;
};

template <class OnMember>
void read_members(simdjson::ondemand::object object, JsonWalk& walk, OnMember&& on_member) {
  if (!walk.enter()) return;
  for (auto field : object) {
    std::string_view name;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS || !is_utf8(name)) return walk.fail();
    simdjson::ondemand::value found;
    if (field.value().get(found) != simdjson::SUCCESS) return walk.fail();
    JsonValue value(found, walk);
    on_member(name, value);
    value.finish();
    if (!walk.goes_on()) return;
  }
  walk.leave();
}

template <class OnElement>
void read_elements(simdjson::ondemand::array array, JsonWalk& walk, OnElement&& on_element) {
  if (!walk.enter()) return;
  for (auto element : array) {
    simdjson::ondemand::value found;
    if (element.get(found) != simdjson::SUCCESS) return walk.fail();
    JsonValue value(found, walk);
    on_element(value);
    value.finish();
    if (!walk.goes_on()) return;
  }
  walk.leave();
}

template <class OnMember>
void JsonValue::members(OnMember&& on_member) {
  if (!is_object()) return;
  read_ = true;
  simdjson::ondemand::object object;
  if (value_.get_object().get(object) != simdjson::SUCCESS) return walk_.fail();
  read_members(object, walk_, on_member);
}

template <class OnElement>
void JsonValue::elements(OnElement&& on_element) {
  if (!is_array()) return;
  read_ = true;
  simdjson::ondemand::array array;
  if (value_.get_array().get(array) != simdjson::SUCCESS) return walk_.fail();
  read_elements(array, walk_, on_element);
}

enum class JsonOutcome : std::uint8_t {
  kObject,    ///< an object, and every member was visited
  kNoObject,  ///< good JSON of another kind
  kNoJson,
  kNoUtf8,  ///< bytes that are not UTF-8, whether or not the rest is JSON
};

class JsonReader {
 public:
  /// simdjson may read, but does not use, this many bytes behind a document.
  static constexpr std::size_t kPadding = 64;
  static_assert(kPadding >= simdjson::SIMDJSON_PADDING);

  /// Documents up to this size are read without allocation.
  explicit JsonReader(std::size_t usual_bytes);

  /// Reads the first `size` bytes of `buffer`, which is at least kPadding longer, and calls
  /// on_member(std::string_view name, JsonValue&) for each member of the object that they hold. Texts are valid until
  /// the next call.
  template <class OnMember>
  JsonOutcome read(Bytes buffer, std::size_t size, OnMember&& on_member);

  /// A padded copy, valid until the next call.
  Bytes padded(Bytes document);

 private:
  /// kObject: an object begins, and the caller reads it. Everything else is read here.
  JsonOutcome start(Bytes buffer, std::size_t size);
  JsonOutcome read_no_object(std::string_view document);
  static JsonOutcome finish(JsonWalk& walk, JsonOutcome if_good);

  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  std::string copy_;
};

template <class OnMember>
JsonOutcome JsonReader::read(Bytes buffer, std::size_t size, OnMember&& on_member) {
  if (const JsonOutcome outcome = start(buffer, size); outcome != JsonOutcome::kObject) return outcome;
  simdjson::ondemand::object object;
  if (document_.get_object().get(object) != simdjson::SUCCESS) return JsonOutcome::kNoJson;
  JsonWalk walk(document_);
  read_members(object, walk, on_member);
  return finish(walk, JsonOutcome::kObject);
}

}  // namespace torq::wire
