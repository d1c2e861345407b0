// SPDX-License-Identifier: MIT
#pragma once
// What a Client remembers of servers, so that its next connection begins sooner: TLS tickets (RFC 8446 2.2), which
// spare both sides the certificate, and address tokens (RFC 9000 8.1.3), which spare a round trip where the server asks
// who is there. Forgetting costs nothing but that time. A ticket is a secret: who has it can read the connection made
// with it.
//
// Thread rule: called on the thread of each Client that it was given to. The stores of this header may serve several.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace torq::client {

enum class Keepsake : std::uint8_t { kTicket, kToken };

class SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// `server` stands for a host, a port and a trust setting: 64 hexadecimal digits. What was saved under one trust
  /// setting is never asked for under another. Replaces the one before.
  virtual void save(const std::string& server, Keepsake kind, std::span<const std::byte> bytes) = 0;
  /// Gives it away: each is used once (RFC 8446 C.4). Empty when there is none, or none that is less than a day old.
  virtual std::vector<std::byte> take(const std::string& server, Keepsake kind) = 0;
};

/// For as long as the process lives; of the 256 servers that were saved last.
std::shared_ptr<SessionStore> sessions_in_memory();

/// Files below a folder, which must exist and be the user's alone; processes may share it. At most 256 files of 32 KiB,
/// those saved last. What cannot be written is forgotten; what is damaged, too old or no file of ours is passed over.
std::shared_ptr<SessionStore> sessions_in_folder(std::string path);

}  // namespace torq::client
