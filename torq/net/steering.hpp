// SPDX-License-Identifier: MIT
#pragma once
// Which socket of a port that workers share gets a datagram: a program in the kernel reads the worker out of the
// connection ID (torq/quic/connection_id.hpp), so that a client whose address changed still reaches the thread that
// holds its connection. It only saves the detour: a datagram that it steers wrongly is forwarded by the driver. Classic
// BPF, which needs no privilege.

#include <system_error>

namespace torq::net {

/// Steers among `workers` sockets that share a port with this one and were bound in the order of their WorkerSlots;
/// none of them may be closed while others go on, for the kernel would renumber those that are left. Datagrams that
/// name no worker (a client's first, and what is not QUIC: BEP 15) are spread by the hash of their addresses, as
/// without it.
std::error_code steer_by_connection_id(int socket, unsigned workers);

}  // namespace torq::net
