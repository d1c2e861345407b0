// SPDX-License-Identifier: MIT
#pragma once
// The media type of a file, guessed from the end of its name. Pure.

#include <string_view>

namespace torq::web {

inline constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
inline constexpr std::string_view kHtml = "text/html; charset=utf-8";
inline constexpr std::string_view kJson = "application/json";

/// `application/octet-stream` when nothing better is known.
std::string_view content_type_of(std::string_view file_name);

}  // namespace torq::web
