// SPDX-License-Identifier: MIT
#include "torq/doors/http1/session.hpp"

#include <algorithm>

namespace torq::doors::http1 {
namespace {

// A buffer that was once large is not kept by a connection that may now be silent for long.
constexpr std::size_t kKeptCapacity = 4 * 1024;

void empty(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() > kKeptCapacity) buffer.shrink_to_fit();
}

}  // namespace

net::ByteSession::Phase Session::phase() const {
  if (ending_ == Ending::kFailed) return Phase::kFailed;
  if (unsent() > 0 || file_) return Phase::kSending;
  if (ending_ == Ending::kPolite) return Phase::kOver;
  if (ending_ == Ending::kRefused) return Phase::kRefused;
  return received_.empty() && unwanted_ == 0 ? Phase::kIdle : Phase::kReceiving;
}

void Session::handle_bytes(Instant now, Bytes bytes) {
  if (received_.empty()) {  // the usual case: requests come whole, and nothing is copied
    const std::string_view text = as_text(bytes);
    received_.append(text.substr(take_requests(now, text)));
    return;
  }
  received_.append(as_text(bytes));
  received_.erase(0, take_requests(now, received_));
  if (received_.empty()) empty(received_);
}

// Returns how many bytes were dealt with.
std::size_t Session::take_requests(Instant now, std::string_view received) {
  std::size_t taken = 0;
  while (taken < received.size() && wants_bytes()) {
    const std::size_t unwanted = std::min<std::uint64_t>(unwanted_, received.size() - taken);
    unwanted_ -= unwanted;
    taken += unwanted;
    const auto size = take_request(now, received.substr(taken));
    if (!size) break;
    taken += *size;
  }
  // What comes behind the last request that is answered belongs to nobody.
  return ending_ == Ending::kNone ? taken : received.size();
}

// The size of a request that was answered; nothing while it is not complete.
std::optional<std::size_t> Session::take_request(Instant now, std::string_view received) {
  if (received.empty()) return std::nullopt;
  const std::size_t most = door_.limits().head_bytes;
  const auto end = scanner_.find_end(received.substr(0, most));
  if (!end) {
    refuse(now, end.error());
    return std::nullopt;
  }
  if (!*end) {
    const bool in_target = received.substr(0, most).find('\n') == std::string_view::npos;
    if (received.size() > most) {
      refuse(now, in_target ? wire::HttpFault{414, "the target is too long"}
                            : wire::HttpFault{431, "the header fields are too large"});
    }
    return std::nullopt;
  }
  scanner_.restart();
  const auto head = wire::parse_http1_head(received.substr(0, **end));
  if (!head) {
    refuse(now, head.error());
    return std::nullopt;
  }
  answer(now, *head);
  return **end;
}

void Session::answer(Instant now, const wire::Http1Head& head) {
  if (head.content_length > door_.limits().body_bytes) {
    return refuse(now, {413, "no request has a body here"});
  }
  unwanted_ = head.content_length;
  const bool keeps = head.keep_alive && !draining_;
  if (!keeps) ending_ = unwanted_ == 0 ? Ending::kPolite : Ending::kRefused;
  const Persistence persistence = !keeps                 ? Persistence::kClose
                                  : head.says_keep_alive ? Persistence::kKeepAlive
                                                         : Persistence::kUnsaid;
  send(now, door_.site().answer(now, peer_, head.request), persistence);
}

void Session::refuse(Instant now, const wire::HttpFault& fault) {
  ending_ = Ending::kRefused;
  send(now, door_.site().turn_away(fault.status, fault.text), Persistence::kClose);
}

void Session::send(Instant now, web::Reply reply, Persistence persistence) {
  append_head(output_, reply, door_.surroundings(now), persistence);
  output_ += reply.text;
  file_ = std::move(reply.file);
}

void Session::handle_end() {
  if (ending_ == Ending::kNone && unsent() == 0 && !file_) ending_ = Ending::kPolite;
}

void Session::handle_overdue(Instant now) { refuse(now, {408, "the request did not come in time"}); }

void Session::handle_drain() { draining_ = true; }

Bytes Session::next_output(Instant now) {
  if (unsent() == 0) go_on(now);
  return ending_ == Ending::kFailed ? Bytes() : as_bytes(output_).subspan(sent_);
}

// All was sent: the next block of the file, or the requests that waited for its end.
void Session::go_on(Instant now) {
  empty(output_);
  sent_ = 0;
  if (file_) {
    if (!file_->produce(output_, door_.limits().block_bytes)) ending_ = Ending::kFailed;
    if (file_->done()) file_.reset();
    return;
  }
  if (received_.empty() || ending_ != Ending::kNone) return;
  received_.erase(0, take_requests(now, received_));
}

void Session::handle_sent(Instant, std::size_t size) { sent_ += size; }

void Session::handle_pause() {
  if (file_) file_->pause();
}

}  // namespace torq::doors::http1
