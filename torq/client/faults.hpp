// SPDX-License-Identifier: MIT
#pragma once
// The one table from what can go wrong below (answers, connections) to Error, with its advice. Pure. Internal to
// client/.

#include "torq/client/error.hpp"
#include "torq/client/server.hpp"
#include "torq/quic/types.hpp"
#include "torq/wire/answer_parser.hpp"

namespace torq::client {

Error to_error(const wire::AnswerError& error);

/// How a connection failed, and whether another try may do better.
struct ConnectionFault {
  Error error;
  bool worth_retry = false;
};

/// A connection that never was.
ConnectionFault fault_of_dial(const quic::CloseReason& reason);
/// The same, of a server of which may be written by which key it is known.
ConnectionFault fault_of_dial(const quic::CloseReason& reason, const Server& server);
/// The machine is there, and nobody listens on that port.
ConnectionFault port_closed();
/// A connection that had begun to work.
ConnectionFault fault_of_loss(const quic::CloseReason& reason);

Error cancelled();
Error faulty(std::string message);

}  // namespace torq::client
