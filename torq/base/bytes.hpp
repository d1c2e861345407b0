// SPDX-License-Identifier: MIT
#pragma once
// Views between bytes and text. A Bytes never outlives the call it was passed to.

#include <cstddef>
#include <span>
#include <string_view>

namespace torq {

using Bytes = std::span<const std::byte>;

inline Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace torq
