// SPDX-License-Identifier: MIT
// Any bytes on an HTTP/1.1 connection: the answers do not depend on how the bytes were cut, and trackers' answers are
// bencoding.

#include <cstdint>
#include <filesystem>
#include <string>

#include "fuzz/require.hpp"
#include "torq/bencode/reader.hpp"
#include "torq/doors/http1/session.hpp"
#include "torq/swarm/memory_store.hpp"

namespace {

using namespace torq;
using Phase = net::ByteSession::Phase;

struct StillVitals final : web::Vitals {
  bool is_ready() const override { return true; }
  std::string figures() const override { return "{}"; }
};

// An empty folder of its own for the run.
const files::FileTree& no_files() {
  static const files::FileTree tree = [] {
    std::string name = std::filesystem::temp_directory_path() / "torq-fuzz-XXXXXX";
    auto opened = files::FileTree::at(mkdtemp(name.data()));
    std::filesystem::remove(name);  // what is open stays usable
    return std::move(*opened);
  }();
  return tree;
}

std::string hear(net::ByteSession& session, Instant now) {
  std::string heard;
  for (;;) {
    const Bytes bytes = session.next_output(now);
    if (bytes.empty()) return heard;
    heard += as_text(bytes);
    session.handle_sent(now, bytes.size());
  }
}

// Everything that a client hears which sends `bytes` in pieces of `piece`, and what becomes of its connection.
std::pair<std::string, Phase> talk(Bytes bytes, std::size_t piece) {
  constexpr Instant kNow{std::chrono::hours(1)};
  const tracker::TrackerRules rules;
  swarm::MemoryStore store(swarm::SipKey{}, rules.peer_lifetime());
  const tracker::Tracker tracker(store, rules);
  const StillVitals vitals;
  web::Site site({tracker, no_files(), vitals}, {}, 1);
  doors::http1::Door door(
      site,
      {.limits = {.head_bytes = 500, .body_bytes = 50, .pending_bytes = 300}, .unix_time_at_zero = {}, .alt_svc = {}});
  const auto session = door.begin_session({parse_ip("192.0.2.1").value(), 1});
  std::string heard;
  while (!bytes.empty() && session->wants_bytes()) {
    const std::size_t size = std::min(piece, bytes.size());
    session->handle_bytes(kNow, bytes.first(size));
    bytes = bytes.subspan(size);
    heard += hear(*session, kNow);
  }
  return {heard, session->phase()};
}

void check_answers(std::string_view heard) {
  while (!heard.empty()) {
    require(heard.starts_with("HTTP/1.1 "));
    const std::size_t end = heard.find("\r\n\r\n");
    require(end != std::string_view::npos);
    const std::string_view head = heard.substr(0, end + 2);
    const std::size_t field = head.find("\r\nContent-Length: ");
    require(field != std::string_view::npos);
    const std::size_t length = std::stoul(std::string(head.substr(field + 18, 12)));
    heard.remove_prefix(end + 4);
    const bool has_body = heard.size() >= length && !heard.starts_with("HTTP/1.1 ");
    if (!has_body) continue;  // the answer to a HEAD
    const std::string_view body = heard.substr(0, length);
    if (head.find("Content-Type: text/plain\r\n") != std::string_view::npos)
      require(bencode::parse(as_bytes(body)).has_value());
    heard.remove_prefix(length);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));

  const auto whole = talk(bytes, size + 1);
  require(talk(bytes, 1) == whole);
  require(talk(bytes, 7) == whole);
  check_answers(whole.first);
  return 0;
}
