// SPDX-License-Identifier: MIT
#pragma once
// The keys of quic::Secrets as they survive the server: the file `keys` in its state directory, mode 0600. Its lines,
// in this order, of which the second `generation` may be missing:
//
//   torq-keys 1
//   reset <32 bytes, hexadecimal>
//   generation <Unix seconds when it was made> <64 bytes: ticket> <32 bytes: token>      the current one
//   generation …                                                                        the one before
//   sha256 <digest of everything above, line ends included>
//
// A generation is a day's: then a new one is made, the current one becomes the one before, and what that one had made
// is taken for another day, which is as long as tickets and tokens live. The reset key is never renewed: it is all that
// connects a new process with the clients of one that was killed. Belongs to one thread.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "apps/torq/state/state_dir.hpp"
#include "torq/base/siphash.hpp"
#include "torq/quic/secrets.hpp"

namespace torq::app {

struct KeyGeneration {
  std::chrono::sys_seconds made;
  quic::TicketKeys keys;
};

struct KeyRing {
  std::array<std::byte, 32> reset{};
  KeyGeneration current;
  std::optional<KeyGeneration> previous;
};

KeyRing make_key_ring(std::chrono::sys_seconds now, Entropy& entropy);
/// When the current generation is a day old, or from the future (a clock was wrong). False: nothing to do.
bool renew_if_due(KeyRing& ring, std::chrono::sys_seconds now, Entropy& entropy);
quic::Secrets secrets_of(const KeyRing& ring);
/// Of the connection IDs of UDP trackers: derived from the reset key, which it does not give away, and as old.
SipKey udp_key_of(const KeyRing& ring);

std::string encode_key_ring(const KeyRing& ring);
/// Nothing for any other text.
std::optional<KeyRing> parse_key_ring(std::string_view text);

/// The key ring and its file.
class ServerKeys {
 public:
  /// The kept keys, renewed if due, else new ones. A file that is broken is set aside under another name. Never fails:
  /// what could not be read or written costs clients of the past, or of the future, a full handshake; see warning().
  static ServerKeys load(const StateDirectory& state, std::chrono::sys_seconds now, Entropy& entropy);

  quic::Secrets secrets() const { return secrets_of(ring_); }
  SipKey udp_key() const { return udp_key_of(ring_); }
  /// True when they were renewed: whoever has secrets() needs the new ones.
  bool renew_if_due(std::chrono::sys_seconds now, Entropy& entropy);
  /// For people: what went wrong since the last call.
  std::optional<std::string> take_warning() { return std::exchange(warning_, std::nullopt); }

 private:
  ServerKeys(std::string path, KeyRing ring) : path_(std::move(path)), ring_(std::move(ring)) {}

  void save();

  std::string path_;
  KeyRing ring_;
  std::optional<std::string> warning_;
};

}  // namespace torq::app
