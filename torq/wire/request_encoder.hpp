// SPDX-License-Identifier: MIT
#pragma once
// Encodes requests of the JSON protocol: the client's half of request_parser.hpp. Pure. Members that are absent or say
// nothing are left out, so that a server of the old document sees only what it knows. Specification: docs/wire.md.

#include <string>

#include "torq/wire/messages.hpp"

namespace torq::wire {

/// Texts in the request are valid UTF-8.
std::string encode_request(const Request& request);

}  // namespace torq::wire
