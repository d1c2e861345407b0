// SPDX-License-Identifier: MIT
// Any bytes as bencoding: what is read has one form only, so it is written as it was read.

#include <cstdint>
#include <string>

#include "fuzz/require.hpp"
#include "torq/bencode/reader.hpp"
#include "torq/bencode/writer.hpp"

namespace {

using namespace torq;
using namespace torq::bencode;

void write(std::string& out, const Value& value) {
  if (const auto* number = value.integer()) return append_integer(out, *number);
  if (const auto* text = value.text()) return append_text(out, *text);
  if (const auto* list = value.list()) {
    out += 'l';
    for (const Value& item : *list) write(out, item);
  } else {
    out += 'd';
    for (const auto& [key, item] : *value.dictionary()) {
      append_text(out, key);
      write(out, item);
      require(value.find(key) == &item);
    }
  }
  out += 'e';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));

  const auto value = parse(bytes);
  if (!value) {
    require(!to_string(value.error()).empty());
    return 0;
  }

  std::string written;
  write(written, *value);
  require(written == as_text(bytes) && value->raw() == written);
  return 0;
}
