// SPDX-License-Identifier: MIT
#pragma once
// sessions_in_folder, with its clock. Internal to client/.
//
//   name   <64 hexadecimal digits>.ticket or .token, mode 0600
//   bytes  "torqses1" | Unix seconds when it was saved (8, big endian) | SHA-256 of the rest (32) | the rest
//
// The digest finds damage, not forgery: who can write into the user's folder is the user. Files are renamed into their
// place, so that no process reads half of one, and taken by removing them: of two processes, one succeeds.

#include "torq/client/session_memory.hpp"

namespace torq::client {

class SessionFolder final : public SessionStore {
 public:
  explicit SessionFolder(std::string path, WallClock now = wall_clock_now)
      : path_(std::move(path)), now_(std::move(now)) {}

  void save(const std::string& server, Keepsake kind, std::span<const std::byte> bytes) override;
  std::vector<std::byte> take(const std::string& server, Keepsake kind) override;

 private:
  std::string file_of(const std::string& server, Keepsake kind) const;
  void make_room() const;

  const std::string path_;
  const WallClock now_;
};

}  // namespace torq::client
