// SPDX-License-Identifier: MIT
#pragma once
// Reads bencoding (BEP 3) into a tree of views: nothing is copied, so the bytes must outlive the tree. Strict, since
// two readers that differ about one text are how torrents are forged: no leading zeros, no `-0`, keys sorted and
// unique (unless Limits says otherwise), nothing behind the value. Not a reader of any message: what members mean is
// their room's business. Any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "torq/base/bytes.hpp"
#include "torq/base/result.hpp"

namespace torq::bencode {

/// Trackers in use write their dictionaries as they come; a torrent with keys out of order is none.
enum class KeyOrder : std::uint8_t { kSorted, kAny };

/// What an unknown writer may make us build.
struct Limits {
  std::size_t depth = 32;        ///< of lists and dictionaries in each other
  std::size_t values = 100'000;  ///< of all kinds, keys not counted
  KeyOrder order = KeyOrder::kSorted;
};

enum class Error : std::uint8_t {
  kEndsEarly,
  kNoValue,     ///< a byte that begins nothing
  kBadInteger,  ///< empty, leading zero, `-0`, beyond 64 bits
  kBadLength,   ///< of a text: leading zero, or more than there is
  kKeyIsNoText,
  kKeysUnsorted,  ///< or the same twice
  kTooDeep,
  kTooManyValues,
  kTrailingBytes,
};
std::string_view to_string(Error error);

class Value {
 public:
  using Text = std::string_view;
  using List = std::vector<Value>;
  using Dictionary = std::vector<std::pair<Text, Value>>;  ///< sorted by the keys

  /// The bytes that this value was read from: what an info hash is made of.
  std::string_view raw() const { return raw_; }

  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&held_); }
  const Text* text() const { return std::get_if<Text>(&held_); }
  const List* list() const { return std::get_if<List>(&held_); }
  const Dictionary* dictionary() const { return std::get_if<Dictionary>(&held_); }
  /// The member of that name; nullptr when there is none, or when this is no dictionary.
  const Value* find(Text name) const;

 private:
  friend class Parser;
  std::variant<std::int64_t, Text, List, Dictionary> held_;
  std::string_view raw_;
};

/// One value that is all of `bytes`.
Result<Value, Error> parse(Bytes bytes, const Limits& limits = {});

}  // namespace torq::bencode
