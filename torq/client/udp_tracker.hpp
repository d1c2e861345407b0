// SPDX-License-Identifier: MIT
#pragma once
// The sockets below the talk with one UDP tracker: resolves its name, asks its addresses for a connection ID, families
// in turn, each a quarter of a second after the one before or as soon as that one has refused, and stays with the first
// that answers. What is said is UdpConversation's business. It lives on its client's thread. Internal to client/.

#include <boost/asio/ip/udp.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "torq/client/alarm.hpp"
#include "torq/client/options.hpp"
#include "torq/client/resolver.hpp"
#include "torq/client/udp_conversation.hpp"

namespace torq::client {

class UdpTracker : public std::enable_shared_from_this<UdpTracker> {
 public:
  using Done = std::function<void(Result<UdpAnswer, Error>)>;

  /// What it is given outlives it.
  UdpTracker(boost::asio::io_context& loop, Resolver& resolver, const Options& options, Entropy& entropy);
  UdpTracker(const UdpTracker&) = delete;
  UdpTracker& operator=(const UdpTracker&) = delete;

  /// Always for the same host and port.
  void ask(Instant now, const std::string& host, std::uint16_t port, UdpQuestion question, Done done);
  /// Ends all that was asked.
  void shut_down(const Error& error);
  /// Nothing is asked of it, and it knows nothing that would help the next question.
  bool idle(Instant now) const;

 private:
  struct Waiting {
    UdpQuestion question;
    Done done;
  };
  struct Attempt {
    boost::asio::ip::udp::socket socket;
    UdpConversation conversation;
  };
  using AttemptPtr = std::shared_ptr<Attempt>;

  void dial(Instant now, const std::string& host, std::uint16_t port);
  void begin(Instant now, const std::vector<SocketAddress>& resolved);
  void try_next(Instant now);
  AttemptPtr open(const SocketAddress& address);
  void await_datagram(const AttemptPtr& attempt);
  void read(Instant now, const AttemptPtr& attempt);
  void choose(Instant now, const AttemptPtr& attempt);
  void drop(Instant now, const AttemptPtr& attempt, const Error& error);
  void check_time(Instant now);
  void flush(Instant now);
  void send_from(Instant now, Attempt& attempt);
  void fail_all(const Error& error);

  boost::asio::io_context& loop_;
  Resolver& resolver_;
  const Options& options_;
  Entropy& entropy_;
  Alarm alarm_;
  std::uint64_t next_number_ = 0;
  std::map<std::uint64_t, Waiting> waiting_;

  // While no address has answered yet.
  bool dialling_ = false;
  Instant dial_ends_{};
  std::vector<SocketAddress> addresses_;
  std::size_t next_ = 0;            // of addresses_
  std::optional<Instant> stagger_;  // when the next one is tried
  std::vector<AttemptPtr> attempts_;
  AttemptPtr chosen_;
};

}  // namespace torq::client
