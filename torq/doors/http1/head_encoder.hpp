// SPDX-License-Identifier: MIT
#pragma once
// The head of an HTTP/1.1 response (RFC 9112 4). Pure.

#include <string>
#include <string_view>

#include "torq/web/reply.hpp"

namespace torq::doors::http1 {

/// What the connection becomes, as its Connection field says; nothing is said where the version's default is meant.
enum class Persistence : std::uint8_t { kUnsaid, kKeepAlive, kClose };

/// What a door adds to each response.
struct Surroundings {
  std::string_view date;     ///< of now
  std::string_view alt_svc;  ///< RFC 7838; empty: none
};

/// Appends the head, its empty line included.
void append_head(std::string& out, const web::Reply& reply, const Surroundings& around, Persistence persistence);

}  // namespace torq::doors::http1
