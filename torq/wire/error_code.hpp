// SPDX-License-Identifier: MIT
#pragma once
// The codes of error answers, and their one table of names. Not the texts: those say what was wrong with one request
// and are written where that is seen. Pure values. Specification: docs/wire.md, "Errors".

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace torq::wire {

enum class ErrorCode : std::uint8_t {
  kInvalidEncoding,
  kInvalidJson,
  kUnknownRequest,
  kInvalidRequest,
  kRequestTooLarge,
  kFileNotFound,
  kFileReadError,
  kFileTooLarge,
  kRateLimited,
  kUnauthorized,
  kNotAllowed,
  kSerializationError,
  kInternalError,
};

inline constexpr std::size_t kErrorCodes = static_cast<std::size_t>(ErrorCode::kInternalError) + 1;

/// As it stands in an answer, for example `INVALID_JSON`.
std::string_view name_of(ErrorCode code);

/// Nothing for a code that we do not know: a foreign server may have its own.
std::optional<ErrorCode> parse_error_code(std::string_view name);

}  // namespace torq::wire
