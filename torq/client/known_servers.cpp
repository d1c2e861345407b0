// SPDX-License-Identifier: MIT
#include "torq/client/known_servers.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "torq/base/address.hpp"
#include "torq/client/pin.hpp"
#include "torq/client/url.hpp"
#include "torq/files/descriptor.hpp"
#include "torq/files/private_folders.hpp"
#include "torq/files/small_file.hpp"

namespace torq::client {
namespace {

constexpr std::size_t kLargestFile = 1024 * 1024;
constexpr std::string_view kBlank = " \t\r";

using files::Descriptor;
using files::last_error;

// Names of hosts are compared without case (RFC 4343), addresses by value.
std::string name_of(std::string_view host, std::uint16_t port) {
  std::string name(host);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (const auto ip = parse_ip(name)) return to_string(SocketAddress{*ip, port});
  return name + ":" + std::to_string(port);
}

struct Entry {
  std::string name;
  std::string pin;
};

Result<Entry, std::string> parse_entry(std::string_view line) {
  const std::size_t end = line.find_first_of(kBlank);
  const std::string_view name = line.substr(0, end);
  const auto url = parse_url("quic://" + std::string(name));
  const bool has_port = !name.ends_with(']') && name.rfind(':') != std::string_view::npos && !name.ends_with(':');
  if (!url || !has_port || name.find_first_of("/?") != std::string_view::npos) {
    return Failure("it must begin with host:port");
  }
  std::string_view rest = end == std::string_view::npos ? "" : line.substr(end);
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlank), rest.size()));
  auto pin = parse_pin(rest);
  if (!pin) return Failure("after host:port and a space there must be a pin: " + pin.error());
  return Entry{name_of(url->host, url->port), std::move(*pin)};
}

std::string_view trimmed(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return "";
  return line.substr(begin, line.find_last_not_of(kBlank) - begin + 1);
}

using Found = Result<std::optional<KnownServer>, std::string>;

// Reads all lines, also behind the one it looks for.
Found find_in(std::string_view text, const std::string& wanted, const std::string& path) {
  std::optional<KnownServer> found;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    const std::string where = path + ", line " + std::to_string(number);
    auto entry = parse_entry(line);
    if (!entry) return Failure(where + ": " + entry.error());
    if (entry->name != wanted) continue;
    if (found && found->pin != entry->pin) {
      return Failure(where + ": another pin for " + wanted + " than in " + found->where + ": remove the wrong one");
    }
    if (!found) found = KnownServer{std::move(entry->pin), where};
  }
  return found;
}

// Empty when there is no file.
Result<std::string, std::string> read(const std::string& path) {
  auto text = files::read_file(path, kLargestFile);
  if (text) return std::move(*text);
  if (text.error().code == std::errc::no_such_file_or_directory) return std::string();
  return Failure(to_string(text.error()));
}

// Held until the descriptor goes. A file of its own: the other one is replaced with each change.
Result<Descriptor, std::string> lock(const std::string& path) {
  const std::string name = path + ".lock";
  Descriptor held(::open(name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!held) return Failure(to_string(last_error("open " + name)));
  while (::flock(held.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return Failure(to_string(last_error("lock " + name)));
  }
  return held;
}

}  // namespace

Found KnownServers::find(std::string_view host, std::uint16_t port) const {
  const auto text = read(path_);
  if (!text) return Failure(text.error());
  return find_in(*text, name_of(host, port), path_);
}

Result<KnownServer, std::string> KnownServers::add(std::string_view host, std::uint16_t port,
                                                   const std::string& pin) const {
  assert(parse_pin(pin) == pin);
  if (const std::size_t slash = path_.rfind('/'); slash != std::string::npos && slash != 0) {
    if (const auto made = files::make_private_folders(path_.substr(0, slash)); !made) {
      return Failure(to_string(made.error()));
    }
  }
  const auto held = lock(path_);
  if (!held) return Failure(held.error());
  auto text = read(path_);
  if (!text) return Failure(text.error());
  const std::string name = name_of(host, port);
  auto known = find_in(*text, name, path_);
  if (!known) return Failure(known.error());
  if (*known) return std::move(**known);
  if (!text->empty() && !text->ends_with('\n')) *text += '\n';
  const auto line = std::ranges::count(*text, '\n') + 1;
  *text += name + " " + pin + "\n";
  if (text->size() > kLargestFile) return Failure(path_ + " is full: remove servers that you do not use any more");
  const auto written = files::write_file(path_, *text, files::Mode::kPrivate);
  if (!written) return Failure(to_string(written.error()));
  return KnownServer{pin, path_ + ", line " + std::to_string(line)};
}

}  // namespace torq::client
