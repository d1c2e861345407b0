// SPDX-License-Identifier: MIT
#pragma once
// HTTP/1.1 on one connection, sans-IO (RFC 9112): requests are answered in the order in which they came, also those
// that were sent without waiting for the answers before them. Of a file there is one block at a time. Belongs to its
// connection and thread.

#include <optional>
#include <string>
#include <string_view>

#include "torq/doors/http1/door.hpp"
#include "torq/net/tcp_server.hpp"
#include "torq/wire/http1_head.hpp"

namespace torq::doors::http1 {

class Session final : public net::ByteSession {
 public:
  /// `door` outlives the session. `peer` is the address that the connection came from.
  Session(Door& door, const IpAddress& peer) : door_(door), peer_(peer) {}

  Phase phase() const override;
  bool wants_bytes() const override { return ending_ == Ending::kNone && !is_behind(); }
  void handle_bytes(Instant now, Bytes bytes) override;
  void handle_end() override;
  void handle_overdue(Instant now) override;
  void handle_drain() override;
  Bytes next_output(Instant now) override;
  void handle_sent(Instant now, std::size_t size) override;
  void handle_pause() override;
  std::size_t held() const override { return received_.capacity() + output_.capacity(); }

 private:
  enum class Ending : std::uint8_t {
    kNone,
    kPolite,   // after what is to be sent
    kRefused,  // so, too, and what still comes is not read
    kFailed,   // at once
  };

  /// Whether the client must take answers before another request is looked at.
  bool is_behind() const { return file_.has_value() || unsent() > door_.limits().pending_bytes; }
  std::size_t unsent() const { return output_.size() - sent_; }
  std::size_t take_requests(Instant now, std::string_view received);
  std::optional<std::size_t> take_request(Instant now, std::string_view received);
  void answer(Instant now, const wire::Http1Head& head);
  void refuse(Instant now, const wire::HttpFault& fault);
  void send(Instant now, web::Reply reply, Persistence persistence);
  void go_on(Instant now);

  Door& door_;
  IpAddress peer_;
  std::string received_;  // of requests that are not complete, or must wait; usually empty
  wire::Http1Scanner scanner_;
  std::uint64_t unwanted_ = 0;  // bytes of a body that are still to come
  std::string output_;
  std::size_t sent_ = 0;               // of `output_`
  std::optional<web::FileBody> file_;  // follows `output_`
  Ending ending_ = Ending::kNone;
  bool draining_ = false;
};

}  // namespace torq::doors::http1
