// SPDX-License-Identifier: MIT
#pragma once
// Lets the kernel hand each datagram to the worker that its connection ID names, so that a client whose address has
// changed stays with the worker that knows it. Internal to this module.

#include <system_error>

namespace torq::net {

/// For the group of sockets (SO_REUSEPORT) that `socket` is in, whose `workers` members joined in the order of their
/// workers. A kernel that refuses (it then spreads by address) costs speed alone: drivers hand over what is not theirs.
/// No member may be closed before all are: the last would take its place.
std::error_code steer_by_connection_id(int socket, unsigned workers);

}  // namespace torq::net
