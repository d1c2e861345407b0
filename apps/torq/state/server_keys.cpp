// SPDX-License-Identifier: MIT
#include "apps/torq/state/server_keys.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <filesystem>
#include <utility>

#include "torq/base/hex.hpp"
#include "torq/files/sha256.hpp"
#include "torq/files/small_file.hpp"

namespace torq::app {
namespace {

constexpr std::chrono::hours kGenerationAge{24};
constexpr std::size_t kMaxKeysFile = 4096;

std::string digest_of(std::string_view text) {
  files::Sha256 hash;
  hash.update(as_bytes(text));
  return to_hex(hash.digest());
}

std::string line_of(const KeyGeneration& generation) {
  return fmt::format("generation {} {} {}\n", generation.made.time_since_epoch().count(),
                     to_hex(generation.keys.ticket), to_hex(generation.keys.token));
}

/// Reads words from the front; the first that does not fit makes all later ones fail.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  Words& literal(std::string_view text) {
    good_ = good_ && rest_.starts_with(text);
    if (good_) rest_.remove_prefix(text.size());
    return *this;
  }
  Words& hex(std::span<std::byte> out) {
    good_ = good_ && rest_.size() >= 2 * out.size() && from_hex(rest_.substr(0, 2 * out.size()), out);
    if (good_) rest_.remove_prefix(2 * out.size());
    return *this;
  }
  Words& seconds(std::chrono::sys_seconds& out) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    good_ = good_ && error == std::errc() && number >= 0;
    if (!good_) return *this;
    out = std::chrono::sys_seconds(std::chrono::seconds(number));
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return *this;
  }
  Words& generation(KeyGeneration& out) {
    literal("generation ").seconds(out.made).literal(" ").hex(out.keys.ticket).literal(" ").hex(out.keys.token);
    return literal("\n");
  }
  bool good() const { return good_; }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

/// For people.
std::string set_aside(const std::string& path, std::chrono::sys_seconds now) {
  const std::string aside = fmt::format("{}.broken-{}", path, now.time_since_epoch().count());
  std::error_code error;
  std::filesystem::rename(path, aside, error);
  const std::string fate = error ? "cannot be moved (" + error.message() + ")" : "is now " + aside;
  return "the key file " + path + " is broken and " + fate +
         "; new keys are made, and clients of the last run begin anew";
}

}  // namespace

KeyRing make_key_ring(std::chrono::sys_seconds now, Entropy& entropy) {
  KeyRing ring;
  entropy.fill(ring.reset);
  ring.current = {now, quic::make_ticket_keys(entropy)};
  return ring;
}

bool renew_if_due(KeyRing& ring, std::chrono::sys_seconds now, Entropy& entropy) {
  if (now >= ring.current.made && now - ring.current.made < kGenerationAge) return false;
  ring.previous = std::exchange(ring.current, {now, quic::make_ticket_keys(entropy)});
  return true;
}

quic::Secrets secrets_of(const KeyRing& ring) {
  quic::Secrets secrets;
  secrets.current = ring.current.keys;
  if (ring.previous) secrets.previous = ring.previous->keys;
  secrets.reset = ring.reset;
  return secrets;
}

SipKey udp_key_of(const KeyRing& ring) {
  files::Sha256 hash;
  hash.update(as_bytes("torq: connection IDs of UDP trackers"));
  hash.update(ring.reset);
  const auto digest = hash.digest();
  SipKey key;
  std::memcpy(key.words.data(), digest.data(), sizeof key.words);
  return key;
}

std::string encode_key_ring(const KeyRing& ring) {
  std::string text = "torq-keys 1\nreset " + to_hex(ring.reset) + "\n" + line_of(ring.current);
  if (ring.previous) text += line_of(*ring.previous);
  return text + "sha256 " + digest_of(text) + "\n";
}

std::optional<KeyRing> parse_key_ring(std::string_view text) {
  KeyRing ring;
  Words words(text);
  words.literal("torq-keys 1\nreset ").hex(ring.reset).literal("\n").generation(ring.current);
  if (words.rest().starts_with("generation")) words.generation(ring.previous.emplace());
  if (!words.good()) return std::nullopt;
  const std::string_view above = text.substr(0, text.size() - words.rest().size());
  if (words.rest() != "sha256 " + digest_of(above) + "\n") return std::nullopt;
  return ring;
}

ServerKeys ServerKeys::load(const StateDirectory& state, std::chrono::sys_seconds now, Entropy& entropy) {
  ServerKeys keys(state.file("keys"), make_key_ring(now, entropy));
  const auto text = files::read_file(keys.path_, kMaxKeysFile);
  if (!text && text.error().code != std::errc::no_such_file_or_directory) {
    keys.warning_ = to_string(text.error()) + ": clients of the last run begin anew";
    return keys;  // it may be readable the next time: it is left alone
  }
  const auto kept = text ? parse_key_ring(*text) : std::nullopt;
  if (kept) {
    keys.ring_ = *kept;
    keys.renew_if_due(now, entropy);
    return keys;
  }
  std::optional<std::string> broken;
  if (text) broken = set_aside(keys.path_, now);
  keys.save();
  if (broken) keys.warning_ = *broken;
  return keys;
}

bool ServerKeys::renew_if_due(std::chrono::sys_seconds now, Entropy& entropy) {
  if (!app::renew_if_due(ring_, now, entropy)) return false;
  save();
  return true;
}

void ServerKeys::save() {
  const auto written = files::write_file(path_, encode_key_ring(ring_), files::Mode::kPrivate);
  if (!written) warning_ = to_string(written.error()) + ": clients begin anew after the next restart";
}

}  // namespace torq::app
