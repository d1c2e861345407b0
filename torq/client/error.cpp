// SPDX-License-Identifier: MIT
#include "torq/client/error.hpp"

#include "torq/files/file_name.hpp"

namespace torq::client {

std::string Error::text() const {
  std::string text = code.empty() ? message : code + ": " + message;
  if (!advice.empty()) text += "; " + advice;
  return text;
}

namespace {

// Bytes of the character that begins with `lead`; of 1 also where no character begins.
std::size_t length_of(unsigned char lead) {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

// What makes other text of the line appear elsewhere than it stands: line and paragraph separators, embeddings and
// overrides (U+2028..U+202E), isolates (U+2066..U+2069). The plain marks (U+200E, U+200F) stand in names of many
// languages, and move nothing.
bool reorders(std::string_view character) {
  const bool is_separator_or_override = character >= "\xe2\x80\xa8" && character <= "\xe2\x80\xae";
  return is_separator_or_override || (character >= "\xe2\x81\xa6" && character <= "\xe2\x81\xa9");
}

// C0, DEL, and C1 (ECMA-48: U+0080..U+009F), which terminals obey as well; and what is not UTF-8.
bool is_tame(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f;
  if (!files::is_utf8(character) || reorders(character)) return false;
  return lead != 0xc2 || static_cast<unsigned char>(character[1]) >= 0xa0;
}

}  // namespace

std::string tame(std::string_view text, std::size_t longest) {
  std::string tamed;
  while (!text.empty()) {
    const std::string_view character = text.substr(0, length_of(static_cast<unsigned char>(text[0])));
    const std::string_view shown = is_tame(character) ? character : "?";
    if (tamed.size() + shown.size() > longest) break;
    tamed += shown;
    text.remove_prefix(character.size());
  }
  return tamed;
}

}  // namespace torq::client
