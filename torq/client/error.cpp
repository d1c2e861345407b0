// SPDX-License-Identifier: MIT
#include "torq/client/error.hpp"

namespace torq::client {

std::string Error::text() const {
  std::string text = code.empty() ? message : code + ": " + message;
  if (!advice.empty()) text += "; " + advice;
  return text;
}

// The texts are valid UTF-8, so 0xc2 0x80..0x9f is a C1 control (ECMA-48), which terminals obey as well.
std::string tame(const std::string& text, std::size_t longest) {
  std::string tamed;
  for (std::size_t i = 0; i < text.size() && tamed.size() < longest; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c1) ++i;
    tamed += c < 0x20 || c == 0x7f || c1 ? '?' : text[i];
  }
  // Not half a character at the end.
  if (tamed.size() < text.size()) {
    while (!tamed.empty() && (static_cast<unsigned char>(tamed.back()) & 0xc0) == 0x80) tamed.pop_back();
    if (!tamed.empty() && static_cast<unsigned char>(tamed.back()) >= 0xc0) tamed.pop_back();
  }
  return tamed;
}

}  // namespace torq::client
