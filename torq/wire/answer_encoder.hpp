// SPDX-License-Identifier: MIT
#pragma once
// Encodes answers of the JSON protocol, compact, members in the order of docs/wire.md. Pure; each function appends one
// whole document to `out`, which a worker reuses so that a busy server allocates nothing here. Texts are valid UTF-8.
// The answer to a file request has an encoder of its own (file_answer_encoder.hpp), for it is never held whole.

#include <string>
#include <string_view>

#include "torq/tracker/announce.hpp"
#include "torq/wire/error_code.hpp"
#include "torq/wire/messages.hpp"

namespace torq::wire {

void append_error(std::string& out, ErrorCode code, std::string_view text);
void append_announce_reply(std::string& out, const tracker::AnnounceReply& reply);
void append_capability_reply(std::string& out, const CapabilityReply& reply);
void append_scrape_reply(std::string& out, const ScrapeReply& reply);
void append_list_reply(std::string& out, const ListReply& reply);
/// With its newline; range.length raw bytes follow on the stream.
void append_raw_header(std::string& out, const RawHeader& header);

}  // namespace torq::wire
