// SPDX-License-Identifier: MIT
#pragma once
// An HTTP response without its version: what web/ makes and HTTP/1.1 and HTTP/3 encode (RFC 9110). Belongs to one
// thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "torq/web/content_type.hpp"
#include "torq/web/file_body.hpp"

namespace torq::web {

struct Field {
  std::string_view name;  ///< in lower case, and a constant
  std::string value;
};

struct Reply {
  std::uint16_t status = 200;
  std::string_view content_type;  ///< a constant; empty with a reply that never has a body
  std::vector<Field> fields;      ///< besides Content-Type, Content-Length and what the door adds
  std::string text;               ///< the body, or what comes before the rest of `file`
  std::optional<FileBody> file;
  /// Of the whole body, also where none is sent (HEAD). Nothing for a status that never has one.
  std::optional<std::uint64_t> length;
};

/// One sentence for people.
Reply say(std::uint16_t status, std::string_view sentence);

/// `Not Found`
std::string_view reason_of(std::uint16_t status);

}  // namespace torq::web
