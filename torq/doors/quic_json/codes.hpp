// SPDX-License-Identifier: MIT
#pragma once
// Why a stream is given up, in the code space of the ALPN token that both protocols share (RFC 9114 8.1).

#include <cstdint>

namespace torq::doors::quic_json {

inline constexpr std::uint64_t kNoMoreNeeded = 0x100;      ///< H3_NO_ERROR: the answer is complete without the rest
inline constexpr std::uint64_t kInternalError = 0x102;     ///< H3_INTERNAL_ERROR: a file shrank while it was sent
inline constexpr std::uint64_t kRequestCancelled = 0x10c;  ///< H3_REQUEST_CANCELLED: the peer gave up first

}  // namespace torq::doors::quic_json
