// SPDX-License-Identifier: MIT
#pragma once
// Whom a client believes to be the server that it wants: one setting, checked and parsed once, shared by its copies.
// Reads no file: certificates come in as text. Immutable; any thread.

#include <memory>
#include <string>
#include <string_view>

#include "torq/base/result.hpp"

namespace torq::quic {
class ClientTls;
}

namespace torq::client {

class Trust {
 public:
  /// A chain to one of these CAs (concatenated PEM), valid today, for the name in the URL.
  static Result<Trust, std::string> authorities(std::string pem);
  /// `sha256:` and 64 hexadecimal digits: the server's public key has this digest. Stands for name, chain and date.
  static Result<Trust, std::string> pin(std::string_view pin);
  /// A pin that was written down when the server was first used; `where` tells people of the place, should the server's
  /// key be another one day.
  static Result<Trust, std::string> recorded(std::string_view pin, std::string where);
  /// Encrypted, but with whoever answers.
  static Trust anyone();

  const quic::ClientTls& tls() const;
  /// Of recorded(): the place and the pin. Empty for the others.
  const std::string& where() const;
  const std::string& recorded_pin() const;
  /// 64 hexadecimal digits; settings that are not equal have different ones.
  const std::string& identity() const;
  /// Equal settings share their connections.
  bool operator==(const Trust& other) const;

 private:
  struct Shared;
  explicit Trust(std::shared_ptr<const Shared> shared) : shared_(std::move(shared)) {}

  std::shared_ptr<const Shared> shared_;
};

}  // namespace torq::client
