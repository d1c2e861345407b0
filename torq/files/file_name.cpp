// SPDX-License-Identifier: MIT
#include "torq/files/file_name.hpp"

#include <cstddef>
#include <cstdint>

namespace torq::files {
namespace {

bool is_segment(std::string_view text) { return !text.empty() && text != "." && text != ".."; }

bool is_drive(std::string_view segment) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return segment.size() == 2 && is_letter(segment[0]) && segment[1] == ':';
}

std::uint8_t octet(std::string_view text, std::size_t i) { return static_cast<std::uint8_t>(text[i]); }

/// Length of the code point at the front of `text`, 0 when it is not UTF-8 (RFC 3629, the table of section 4).
std::size_t code_point_length(std::string_view text) {
  const std::uint8_t lead = octet(text, 0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(text, i) & 0xc0) != 0x80) return 0;
  }
  const std::uint8_t second = octet(text, 1);
  const bool is_overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool is_surrogate = lead == 0xed && second > 0x9f;
  const bool is_beyond_unicode = lead == 0xf4 && second > 0x8f;
  return is_overlong || is_surrogate || is_beyond_unicode ? 0 : length;
}

}  // namespace

bool is_file_name(std::string_view name) {
  constexpr std::string_view kForbidden("\0\\", 2);
  if (name.find_first_of(kForbidden) != std::string_view::npos) return false;
  if (is_drive(name.substr(0, name.find('/')))) return false;
  for (;;) {
    const std::size_t slash = name.find('/');
    if (!is_segment(name.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = code_point_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace torq::files
