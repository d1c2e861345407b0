// SPDX-License-Identifier: MIT
#pragma once
// One server, as one trust setting sees it: at most one connection, the requests that run on it side by side, those
// that wait for it, and the rule of when to try again. It lives on its Client's thread. Internal to client/.
//
//            submit                    a stream is free
//   caller ---------> ready_ --------------------------------> active_ ---> finished
//              \        ^   what the server offers is known      |
//               `-> undecided_                                   | the connection is lost, another try is allowed
//                       ^----------------------------------------'

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "torq/client/alarm.hpp"
#include "torq/client/deadline.hpp"
#include "torq/client/dial.hpp"
#include "torq/client/exchange.hpp"
#include "torq/client/faults.hpp"
#include "torq/client/link_host.hpp"
#include "torq/client/server.hpp"
#include "torq/quic/types.hpp"

namespace torq::client {

class Link {
 public:
  Link(LinkHost& host, Server server);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  const Server& server() const { return server_; }
  void submit(Instant now, std::unique_ptr<Exchange> exchange);
  /// False when this link carries no such call.
  bool cancel(Call call);
  void handle_event(Instant now, const quic::Event& event);
  /// Nobody listens at `remote`. Matters to a dial alone: a connection that was made has better proof of what is there.
  void handle_refusal(const SocketAddress& remote);
  /// A connection was begun whose events will come here, up to its Closed.
  void adopt_connection() { ++handles_; }
  /// Ends everything: all requests with `error`, then the connection.
  void shut_down(const Error& error);
  /// Nothing is asked of it, and it holds no connection.
  bool idle() const;

 private:
  struct Waiting {
    std::unique_ptr<Exchange> exchange;
    Instant since;  // when it began to wait for a connection
  };
  using Queue = std::deque<Waiting>;
  struct Active {
    std::unique_ptr<Exchange> exchange;
    std::string request;
    std::size_t sent = 0;  // of `request`
    Deadline deadline;
  };

  // Events of the connection.
  void handle_connected(Instant now, quic::ConnectionHandle handle);
  void handle_closed(Instant now, quic::ConnectionHandle handle, const quic::CloseReason& reason);
  void read(Instant now, quic::StreamId stream);
  void write(quic::StreamId stream);
  void handle_reset(quic::StreamId stream);

  // Carrying requests.
  void enqueue(Waiting waiting);
  void dispatch(Instant now);
  bool start_one(Instant now, quic::Connection& connection);
  void begin_http3(quic::Connection& connection);
  std::unique_ptr<Exchange> take_from_stream(quic::StreamId stream);
  void keep_alive(bool wanted);
  void abandon(quic::StreamId stream, const Error& error);

  // What the server offers.
  void ask_capabilities(Instant now);
  void learn(const Result<wire::CapabilityReply, Error>& reply);
  void settle_undecided();

  // Getting connected, again if need be.
  void dial(Instant now);
  void handle_dialled(const Result<quic::ConnectionHandle, ConnectionFault>& result);
  void lose(Instant now, const ConnectionFault& fault);
  void try_later(Instant now, const Error& error);
  void give_up_if_unwanted();

  // Deadlines.
  void watch(Instant deadline);
  void check_deadlines(Instant now);
  Instant waiting_deadline(const Waiting& waiting) const;
  Error overdue() const;

  bool has_waiting() const { return !ready_.empty() || !undecided_.empty(); }
  std::vector<std::unique_ptr<Exchange>> take_waiting();
  template <class Condition>
  std::vector<std::unique_ptr<Exchange>> take_waiting_if(const Condition& condition);
  std::vector<std::unique_ptr<Exchange>> charge_waiting();

  LinkHost& host_;
  const Server server_;
  Queue ready_;
  Queue undecided_;  // until it is known what the server offers
  std::unordered_map<quic::StreamId, Active> active_;

  std::shared_ptr<Dial> dial_;
  std::optional<quic::ConnectionHandle> connection_;
  std::size_t handles_ = 0;  // connections whose Closed has not come, those of a lost race among them
  Instant last_progress_{};  // on this connection
  bool served_ = false;      // this connection has answered something
  std::optional<wire::CapabilitySet> offered_;
  bool asking_ = false;
  bool has_http3_ = false;  // this connection has a control stream of ours

  unsigned failures_ = 0;  // in a row
  std::optional<Error> last_error_;
  Alarm pause_;  // before the next dial
  Alarm watch_;  // the earliest deadline, or an earlier moment
};

}  // namespace torq::client
