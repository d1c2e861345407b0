// SPDX-License-Identifier: MIT
#pragma once
// A real server on a real socket of the loopback interface, whose every answer a test writes: what no sound server
// would say can be said here. It runs on a thread of its own; the script is called there.

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "torq/client/server.hpp"
#include "torq/net/quic_driver.hpp"
#include "torq/net/system_entropy.hpp"
#include "torq/quic/certificate.hpp"

namespace torq::client {

/// What becomes of one stream, in this order.
struct Reply {
  std::string bytes;
  enum class End : std::uint8_t { kFinish, kReset, kNever, kCloseConnection } end = End::kFinish;
  std::uint64_t close_code = 0;
};

inline Reply answer(std::string bytes) { return {std::move(bytes)}; }
inline Reply never() { return {"", Reply::End::kNever}; }
inline Reply stuck_after(std::string bytes) { return {std::move(bytes), Reply::End::kNever}; }
inline Reply reset_after(std::string bytes) { return {std::move(bytes), Reply::End::kReset}; }
inline Reply close_connection(std::uint64_t code = 0) { return {"", Reply::End::kCloseConnection, code}; }
inline Reply error(const std::string& code) { return answer(R"({"error": "no", "code": ")" + code + "\"}"); }

/// `request` is whole, `ordinal` counts requests from 0.
using Script = std::function<Reply(const std::string& request, std::size_t ordinal)>;

/// What a server has when it begins; a second one with the same Setting follows the first, as after a crash.
struct Setting {
  quic::CertificatePair certificate;
  std::string pin;
  quic::Secrets secrets;
  quic::Limits limits;
  SocketAddress address = {parse_ip("127.0.0.1").value(), 0};
};
Setting fresh_setting();

class ScriptedServer final : public net::QuicApplication {
 public:
  explicit ScriptedServer(Script script, Setting setting = fresh_setting());
  /// Falls silent without a word to its clients.
  ~ScriptedServer() override;

  const Setting& setting() const { return setting_; }
  Server as(Trust trust) const { return {to_string(setting_.address.ip), setting_.address.port, std::move(trust)}; }
  Server pinned() const { return as(Trust::pin(setting_.pin).value()); }

  /// Closes all connections, and returns when that has been sent.
  void close_connections();
  void refuse_newcomers();

  std::vector<std::string> requests() const;
  void wait_for_requests(std::size_t count) const;
  std::size_t connections() const;
  /// Of so many connections, seen from here.
  void wait_for_end_of(std::size_t count) const;

 private:
  struct Stream {
    std::string request;
    Reply reply;
    std::size_t written = 0;
    bool answered = false;
  };
  using Key = std::pair<quic::ConnectionHandle, quic::StreamId>;

  void handle_event(Instant now, quic::Endpoint& endpoint, const quic::Event& event) override;
  void read(Instant now, quic::Endpoint& endpoint, const Key& key);
  void write(Instant now, quic::Endpoint& endpoint, const Key& key);
  void on_own_thread(const std::function<void()>& work);

  Setting setting_;
  Script script_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> requests_;
  std::size_t connections_ = 0;
  std::size_t ended_ = 0;
  std::map<Key, Stream> streams_;
  boost::asio::io_context loop_{1};
  net::SystemEntropy entropy_;
  std::unique_ptr<net::QuicDriver> driver_;
  std::thread thread_;
};

}  // namespace torq::client
