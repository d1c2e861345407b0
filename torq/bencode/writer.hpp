// SPDX-License-Identifier: MIT
#pragma once
// Bencoding (BEP 3), appended to a text, so that an answer is made in one buffer. Not a tree and not a judge: whoever
// writes a dictionary writes its keys in the order of their bytes, between 'd' and 'e' of its own. Stateless; any
// thread.

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace torq::bencode {

/// `i<decimal>e`
void append_integer(std::string& out, std::integral auto number) {
  char digits[24];
  char* const end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out += 'i';
  out.append(digits, end);
  out += 'e';
}

/// `<length>:`; as many bytes must follow.
void append_length(std::string& out, std::size_t length);

/// `<length>:<bytes>`, whatever the bytes are.
void append_text(std::string& out, std::string_view bytes);

}  // namespace torq::bencode
