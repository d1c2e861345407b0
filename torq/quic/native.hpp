// SPDX-License-Identifier: MIT
#pragma once
// Between torq's values and ngtcp2's. Internal to this module.

#include <ngtcp2/ngtcp2.h>

#include "torq/base/bytes.hpp"
#include "torq/base/clock.hpp"
#include "torq/base/sockaddr.hpp"
#include "torq/quic/connection_id.hpp"
#include "torq/quic/types.hpp"

namespace torq::quic {

/// Ethernet's 1500 less the headers of IPv6 and UDP: as far as path MTU discovery goes.
inline constexpr std::size_t kLargestPayload = 1452;

inline ngtcp2_tstamp to_timestamp(Instant at) { return static_cast<ngtcp2_tstamp>(at.time_since_epoch().count()); }
inline Instant from_timestamp(ngtcp2_tstamp at) { return Instant(Duration(static_cast<Duration::rep>(at))); }

inline const std::uint8_t* to_native(Bytes bytes) { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }

inline ngtcp2_cid to_cid(const ConnectionId& id) {
  ngtcp2_cid cid;
  ngtcp2_cid_init(&cid, to_native(id.bytes()), id.bytes().size());
  return cid;
}

inline ConnectionId from_cid(const ngtcp2_cid& cid) {
  return ConnectionId(std::as_bytes(std::span(cid.data, cid.datalen)));
}

inline Path from_native(const ngtcp2_path& path) {
  if (path.local.addrlen == 0) return {};
  return {from_sockaddr(path.local.addr), from_sockaddr(path.remote.addr)};
}

/// Lends ngtcp2 a path for the length of a call.
class NativePath {
 public:
  explicit NativePath(const Path& path) : local_(path.local), remote_(path.remote) {
    path_.local = {local_.data(), local_.size()};
    path_.remote = {remote_.data(), remote_.size()};
  }
  NativePath(const NativePath&) = delete;
  NativePath& operator=(const NativePath&) = delete;

  const ngtcp2_path* get() const { return &path_; }
  const SockAddr& remote() const { return remote_; }

 private:
  SockAddr local_;
  SockAddr remote_;
  ngtcp2_path path_{};
};

}  // namespace torq::quic
