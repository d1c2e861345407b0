// SPDX-License-Identifier: MIT
#pragma once
// What a request for a file says besides its name: the conditions under which it wants it, and the part (RFC 9110 13,
// 14). One range at a time; a request for several gets the whole file, as it may. Pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "torq/files/file.hpp"
#include "torq/wire/http_request.hpp"
#include "torq/wire/messages.hpp"

namespace torq::web {

/// Tells one state of a file from any other.
struct Validators {
  std::string etag;  ///< strong, in quotes
  std::chrono::sys_seconds modified;
};

Validators validators_of(const files::FileStamp& stamp);

/// Whether what the client holds is what there is: 304.
bool is_fresh(const wire::HttpRequest& request, const Validators& now);

struct Portion {
  enum class Kind : std::uint8_t { kWhole, kPart, kUnsatisfiable };
  Kind kind = Kind::kWhole;
  wire::ByteRange range;  ///< within the file; nothing of it when unsatisfiable
};

/// What a GET wants of a file of `size` bytes.
Portion portion_of(const wire::HttpRequest& request, const Validators& now, std::uint64_t size);

/// Whether `accept` would rather have the first than the second type (`text/html`, `application/json`); true for a tie.
bool prefers(std::string_view accept, std::string_view first, std::string_view second);

}  // namespace torq::web
