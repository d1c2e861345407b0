// SPDX-License-Identifier: MIT
#pragma once
// From a host name to a connection: resolves, then tries the addresses, families in turn, each a quarter of a second
// after the one before or as soon as that one has failed; the first that completes its handshake wins and the others
// are closed (after RFC 8305, but for its racing of the two DNS queries: the system's resolver answers both at once).
// It lives on its Client's thread. Internal to client/.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "torq/client/alarm.hpp"
#include "torq/client/faults.hpp"
#include "torq/client/link_host.hpp"

namespace torq::client {

/// The order of tries: families in turn, beginning with the one that the resolver put first; none twice; at most eight.
std::vector<SocketAddress> in_order_of_trial(const std::vector<SocketAddress>& resolved);

class Dial : public std::enable_shared_from_this<Dial> {
 public:
  using Done = std::function<void(const Result<quic::ConnectionHandle, ConnectionFault>&)>;

  /// `done` is called once, unless the Dial is destroyed before; it may destroy it.
  Dial(LinkHost& host, Link& owner, const Server& server, Done done);
  /// Closes what it has begun.
  ~Dial();
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;

  void start(Instant now);
  void handle_connected(quic::ConnectionHandle handle);
  /// Ends the try at that address, if one is under way; its Closed will follow. Not once anything was heard from there:
  /// then somebody does listen, and who says otherwise has forged it.
  void handle_refusal(const SocketAddress& remote);
  void handle_closed(Instant now, quic::ConnectionHandle handle, const quic::CloseReason& reason);

 private:
  void resolve();
  void begin(Instant now, const std::vector<SocketAddress>& resolved);
  void try_next(Instant now);
  void knock_again(Instant now);
  void note(ConnectionFault fault);
  void finish(const Result<quic::ConnectionHandle, ConnectionFault>& result);

  LinkHost& host_;
  Link& owner_;
  const Server& server_;
  Done done_;
  std::vector<SocketAddress> addresses_;
  // The same for all tries, of which one wins: a name with a dead address would never resume otherwise.
  quic::Keepsakes keepsakes_;
  struct Attempt {
    quic::ConnectionHandle handle;
    SocketAddress address;
  };
  bool forget(quic::ConnectionHandle handle);

  std::size_t next_ = 0;                  // of addresses_
  std::vector<Attempt> attempts_;         // under way
  std::optional<ConnectionFault> fault_;  // the most telling of those that failed
  Instant started_{};
  bool refused_ = false;  // nobody had the port at the last address that was tried
  Duration pause_;        // before it knocks there again
  Alarm stagger_;
  Alarm limit_;
};

}  // namespace torq::client
