// SPDX-License-Identifier: MIT
#include "torq/wire/error_code.hpp"

#include <array>
#include <cstddef>

namespace torq::wire {
namespace {

// In the order of the enum.
constexpr std::array<std::string_view, 13> kCodeNames = {
    "INVALID_ENCODING", "INVALID_JSON",        "UNKNOWN_REQUEST", "INVALID_REQUEST", "REQUEST_TOO_LARGE",
    "FILE_NOT_FOUND",   "FILE_READ_ERROR",     "FILE_TOO_LARGE",  "RATE_LIMITED",    "UNAUTHORIZED",
    "NOT_ALLOWED",      "SERIALIZATION_ERROR", "INTERNAL_ERROR"};
static_assert(kCodeNames.size() == static_cast<std::size_t>(ErrorCode::kInternalError) + 1);

}  // namespace

std::string_view name_of(ErrorCode code) { return kCodeNames.at(static_cast<std::size_t>(code)); }

std::optional<ErrorCode> parse_error_code(std::string_view name) {
  for (std::size_t i = 0; i < kCodeNames.size(); ++i) {
    if (kCodeNames[i] == name) return static_cast<ErrorCode>(i);
  }
  return std::nullopt;
}

}  // namespace torq::wire
