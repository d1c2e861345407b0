// SPDX-License-Identifier: MIT
#include "torq/client/session_folder.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include "torq/files/sha256.hpp"
#include "torq/files/small_file.hpp"

namespace torq::client {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "torqses1";
constexpr std::size_t kHeaderSize = 8 + 8 + 32;
constexpr std::size_t kKeySize = 64;
constexpr std::string_view kTicketSuffix = ".ticket";
constexpr std::string_view kTokenSuffix = ".token";
// A process that died while it wrote leaves a temporary file behind.
constexpr std::string_view kTemporaryMark = ".torq-";

files::Sha256::Digest digest_of(Bytes bytes) {
  files::Sha256 hash;
  hash.update(bytes);
  return hash.digest();
}

std::string encode(std::chrono::sys_seconds saved, Bytes bytes) {
  std::string text(kMagic);
  const auto seconds = static_cast<std::uint64_t>(saved.time_since_epoch().count());
  for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>(seconds >> shift & 0xff);
  text += as_text(digest_of(bytes));
  text += as_text(bytes);
  return text;
}

std::optional<Bytes> decode(std::string_view text, std::chrono::sys_seconds now) {
  if (text.size() < kHeaderSize || !text.starts_with(kMagic)) return std::nullopt;
  std::uint64_t seconds = 0;
  for (const char c : text.substr(8, 8)) seconds = seconds << 8 | static_cast<unsigned char>(c);
  const auto today = static_cast<std::uint64_t>(now.time_since_epoch().count());
  constexpr auto kDay = static_cast<std::uint64_t>(std::chrono::seconds(kLongestKept).count());
  if (seconds > today || today - seconds >= kDay) return std::nullopt;
  const Bytes rest = as_bytes(text.substr(kHeaderSize));
  if (as_text(digest_of(rest)) != text.substr(16, 32)) return std::nullopt;
  return rest;
}

bool is_ours(const fs::path& file) {
  const std::string name = file.filename().string();
  if (name.find(kTemporaryMark) != std::string::npos) return true;
  const std::string_view suffix = name.size() > kKeySize ? std::string_view(name).substr(kKeySize) : "";
  return suffix == kTicketSuffix || suffix == kTokenSuffix;
}

}  // namespace

std::string SessionFolder::file_of(const std::string& server, Keepsake kind) const {
  return path_ + "/" + server + std::string(kind == Keepsake::kTicket ? kTicketSuffix : kTokenSuffix);
}

void SessionFolder::save(const std::string& server, Keepsake kind, std::span<const std::byte> bytes) {
  if (bytes.size() > kLargestKept) return;
  // A power cut may cost it; waiting for the disk would cost each connection.
  const auto written =
      files::write_file(file_of(server, kind), encode(now_(), bytes), files::Mode::kPrivate, files::Durability::kNone);
  if (written) make_room();
}

std::vector<std::byte> SessionFolder::take(const std::string& server, Keepsake kind) {
  const std::string file = file_of(server, kind);
  std::error_code error;
  // A pipe would be waited for, a link may lead to one.
  if (fs::symlink_status(file, error).type() != fs::file_type::regular) return {};
  const auto text = files::read_file(file, kHeaderSize + kLargestKept);
  const bool is_mine = fs::remove(file, error);
  if (!text || !is_mine) return {};
  const auto bytes = decode(*text, now_());
  return bytes ? std::vector<std::byte>(bytes->begin(), bytes->end()) : std::vector<std::byte>();
}

void SessionFolder::make_room() const {
  struct Entry {
    fs::file_time_type written;
    fs::path path;
  };
  std::vector<Entry> entries;
  std::error_code error;
  fs::directory_iterator it(path_, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    std::error_code ignored;
    if (is_ours(it->path())) entries.push_back({it->last_write_time(ignored), it->path()});
  }
  if (entries.size() <= kMostKept) return;
  std::ranges::sort(entries, {}, &Entry::written);
  entries.resize(entries.size() - kMostKept);
  for (const Entry& oldest : entries) fs::remove(oldest.path, error);
}

std::shared_ptr<SessionStore> sessions_in_folder(std::string path) {
  return std::make_shared<SessionFolder>(std::move(path));
}

}  // namespace torq::client
