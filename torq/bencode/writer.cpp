// SPDX-License-Identifier: MIT
#include "torq/bencode/writer.hpp"

namespace torq::bencode {

void append_length(std::string& out, std::size_t length) {
  char digits[24];
  char* const end = std::to_chars(digits, digits + sizeof digits, length).ptr;
  out.append(digits, end);
  out += ':';
}

void append_text(std::string& out, std::string_view bytes) {
  append_length(out, bytes.size());
  out += bytes;
}

}  // namespace torq::bencode
