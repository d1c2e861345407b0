// SPDX-License-Identifier: MIT
#include "torq/wire/answer_encoder.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "torq/base/address.hpp"
#include "torq/base/hex.hpp"
#include "torq/wire/json_text.hpp"

namespace torq::wire {
namespace {

char* put(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

/// Writes up to four bytes, of which those behind the returned end do not count.
char* put(char* at, const DecimalByte& number) {
  std::memcpy(at, number.text.data(), number.text.size());
  return at + number.length;
}

char* put(char* at, const IpAddress& ip) {
  if (ip.family() == Family::kIpv6) return put(at, std::string_view(to_string(ip)));
  for (const std::byte part : ip.bytes()) {
    at = put(at, kDecimalBytes[std::to_integer<std::size_t>(part)]);
    *at++ = '.';
  }
  return at - 1;
}

char* put(char* at, std::uint64_t number) {
  return std::to_chars(at, at + std::numeric_limits<std::uint64_t>::digits10 + 1, number).ptr;
}

/// What put(SocketAddress) writes at most: an IPv6 address of 39 characters, a port of 5, and some for DecimalByte.
constexpr std::size_t kPeerBound = sizeof(R"({"ip":"","port":},)") + 39 + 5 + 4;

char* put(char* at, const SocketAddress& peer) {
  at = put(put(put(at, R"({"ip":")"), peer.ip), R"(","port":)");
  return put(put(at, std::uint64_t{peer.port}), "},");
}

/// `{"ip":"192.0.2.7","port":6881},` for each, the last without its comma.
char* put(char* at, const std::vector<SocketAddress>& peers) {
  for (const SocketAddress& peer : peers) at = put(at, peer);
  return peers.empty() ? at : at - 1;
}

void append_member(std::string& out, std::string_view member, std::uint64_t number) {
  out += member;
  append_number(out, number);
}

std::uint64_t seconds(std::chrono::seconds duration) {
  return static_cast<std::uint64_t>(std::max(duration, std::chrono::seconds(0)).count());
}

void append_limits(std::string& out, const Limits& limits) {
  append_member(out, R"({"max_request_bytes":)", limits.max_request_bytes);
  append_member(out, R"(,"max_json_file_bytes":)", limits.max_json_file_bytes);
  append_member(out, R"(,"max_numwant":)", limits.max_numwant);
  append_member(out, R"(,"max_scrape":)", limits.max_scrape);
  append_member(out, R"(,"max_list":)", limits.max_list);
  append_member(out, R"(,"interval":)", seconds(limits.interval));
  append_member(out, R"(,"min_interval":)", seconds(limits.min_interval));
  out += '}';
}

void append_entry(std::string& out, const ListEntry& entry) {
  out += R"({"name":)";
  append_json_text(out, entry.name);
  out += entry.type == EntryType::kFolder ? R"(,"type":"folder")" : R"(,"type":"file")";
  append_member(out, R"(,"size":)", entry.size);
  out += '}';
}

}  // namespace

void append_error(std::string& out, ErrorCode code, std::string_view text) {
  out += R"({"error":)";
  append_json_text(out, text);
  out += R"(,"code":")";
  out += name_of(code);
  out += R"("})";
}

void append_announce_reply(std::string& out, const tracker::AnnounceReply& reply) {
  constexpr std::size_t kNumbers = 3 * 20;
  constexpr std::size_t kRest = sizeof(R"({"interval":,"peers":[],"complete":,"incomplete":})") + kNumbers;
  const std::size_t start = out.size();
  out.resize(start + kRest + reply.peers.size() * kPeerBound);
  // By pointer, since a tracker sends little else.
  char* at = out.data() + start;
  at = put(put(at, R"({"interval":)"), seconds(reply.interval));
  at = put(put(at, R"(,"peers":[)"), reply.peers);
  at = put(put(at, R"(],"complete":)"), reply.complete);
  at = put(put(at, R"(,"incomplete":)"), reply.incomplete);
  out.resize(static_cast<std::size_t>(put(at, "}") - out.data()));
}

void append_capability_reply(std::string& out, const CapabilityReply& reply) {
  append_member(out, R"({"version":)", reply.version);
  out += R"(,"capabilities":[)";
  append_capabilities(out, reply.capabilities);
  out += R"(],"limits":)";
  append_limits(out, reply.limits);
  out += '}';
}

void append_scrape_reply(std::string& out, const ScrapeReply& reply) {
  out += R"({"files":{)";
  for (const ScrapeEntry& entry : reply.files) {
    if (&entry != &reply.files.front()) out += ',';
    append_json_text(out, entry.info_hash);
    append_member(out, R"(:{"complete":)", entry.counts.complete);
    append_member(out, R"(,"downloaded":)", entry.counts.downloaded);
    append_member(out, R"(,"incomplete":)", entry.counts.incomplete);
    out += '}';
  }
  out += "}}";
}

void append_list_reply(std::string& out, const ListReply& reply) {
  out += R"({"list":)";
  append_json_text(out, reply.folder);
  out += R"(,"entries":[)";
  for (const ListEntry& entry : reply.entries) {
    if (&entry != &reply.entries.front()) out += ',';
    append_entry(out, entry);
  }
  out += reply.truncated ? R"(],"truncated":true})" : "]}";
}

void append_raw_header(std::string& out, const RawHeader& header) {
  out += R"({"filename":)";
  append_json_text(out, header.filename);
  append_member(out, R"(,"size":)", header.size);
  append_member(out, R"(,"offset":)", header.range.offset);
  append_member(out, R"(,"length":)", header.range.length);
  if (header.sha256) {
    out += R"(,"sha256":")";
    out += to_hex(*header.sha256);
    out += '"';
  }
  if (!header.validator.empty()) {
    out += R"(,"validator":)";
    append_json_text(out, header.validator);
  }
  out += "}\n";
}

}  // namespace torq::wire
