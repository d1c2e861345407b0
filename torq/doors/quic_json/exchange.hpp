// SPDX-License-Identifier: MIT
#pragma once
// One request and its answer on one stream. The request stays in the stream's receive buffer until it is whole, bounded
// by the stream's flow control window; of the answer there is one block at a time.

#include <optional>
#include <string>

#include "torq/doors/quic_json/service.hpp"
#include "torq/quic/connection.hpp"

namespace torq::doors::quic_json {

class Exchange {
 public:
  explicit Exchange(quic::StreamId stream) : stream_(stream) {}

  /// Something has come: answers when the request is whole, or too large to become so.
  void handle_readable(Instant now, Service& service, quic::Connection& connection);
  /// There is room for more of the answer.
  void handle_writable(quic::Connection& connection);
  /// Bytes of its answer that wait here.
  std::size_t held() const { return pending_.capacity(); }

 private:
  void begin(Answer answer, quic::Connection& connection);
  bool write_pending(quic::Connection& connection);
  enum class Step { kDone, kFull, kFailed };
  Step read_into(quic::Connection& connection);
  void fail(quic::Connection& connection);

  quic::StreamId stream_;
  bool answered_ = false;
  std::string pending_;  // encoded, not taken by the stream yet
  std::size_t written_ = 0;
  std::optional<FileBody> body_;
};

}  // namespace torq::doors::quic_json
