// SPDX-License-Identifier: MIT
#pragma once
// The Unix socket in the state directory on which a running server says how it is: who connects is sent one JSON
// document and the end. Only its owner can connect (0600, in a folder of 0700). Neither side waits for long.

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <functional>
#include <string>

#include "torq/base/result.hpp"

namespace torq::app {

/// On the thread of its loop.
class StatusSocket {
 public:
  /// What is to be said; may be called later, on the loop's thread.
  using Say = std::function<void(std::string)>;
  using Report = std::function<void(Say)>;

  /// Replaces what an earlier server left in `folder`, which this one holds the lock of. `report` is called for each
  /// that connects.
  static Result<StatusSocket, std::string> open(boost::asio::io_context& loop, const std::string& folder);
  StatusSocket(StatusSocket&&) = default;
  ~StatusSocket();

  void start(Report report);

 private:
  StatusSocket(boost::asio::local::stream_protocol::acceptor acceptor, std::string path)
      : acceptor_(std::move(acceptor)), path_(std::move(path)) {}
  void accept();

  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::string path_;
  Report report_;
};

/// What the server that uses the state directory `folder` says; blocks for some seconds at most. The error is for
/// people.
Result<std::string, std::string> read_status(const std::string& folder);

}  // namespace torq::app
