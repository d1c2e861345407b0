// SPDX-License-Identifier: MIT
#include "apps/torq/server/status_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <memory>

#include "torq/files/descriptor.hpp"
#include "torq/files/errors.hpp"

namespace torq::app {
namespace {

namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;
using files::Descriptor;
using files::last_error;

constexpr const char* kName = "status.sock";
constexpr int kBacklog = 16;
constexpr auto kPatience = std::chrono::seconds(3);
constexpr std::size_t kLongestStatus = std::size_t{1} << 20;

// A socket's path has 107 bytes at most (unix(7)), a folder's may have more: so it is named by way of the open folder.
sockaddr_un address_in(const Descriptor& folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto end =
      fmt::format_to_n(address.sun_path, sizeof address.sun_path - 1, "/proc/self/fd/{}/{}", folder.get(), kName);
  *end.out = '\0';
  return address;
}

Descriptor open_folder(const std::string& path) {
  return Descriptor(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

Descriptor stream_socket() { return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

// One who asks: the answer goes out and that is all; it is gone after kPatience however far that is.
struct Visit : std::enable_shared_from_this<Visit> {
  Socket socket;
  asio::steady_timer deadline;
  std::string text;

  explicit Visit(Socket from) : socket(std::move(from)), deadline(socket.get_executor()) {}

  void say(std::string what) {
    text = std::move(what) + "\n";
    asio::async_write(socket, asio::buffer(text),
                      [self = shared_from_this()](boost::system::error_code, std::size_t) { self->deadline.cancel(); });
  }

  void end_in_time() {
    deadline.expires_after(kPatience);
    deadline.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->socket.close(error);
    });
  }
};

}  // namespace

Result<StatusSocket, std::string> StatusSocket::open(asio::io_context& loop, const std::string& folder) {
  const std::string path = folder + "/" + kName;
  const auto failed = [&](const char* verb) {
    return Failure("nobody can ask for its status: " + to_string(last_error(fmt::format("{} {}", verb, path))));
  };
  const Descriptor inside = open_folder(folder);
  Descriptor socket = stream_socket();
  const sockaddr_un address = address_in(inside);
  if (!inside || !socket) return failed("open");
  if (::unlinkat(inside.get(), kName, 0) != 0 && errno != ENOENT) return failed("remove");
  // Before it has a name: the name is made with these permissions.
  if (::fchmod(socket.get(), 0600) != 0) return failed("protect");
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return failed("bind");
  if (::listen(socket.get(), kBacklog) != 0) return failed("listen on");
  asio::local::stream_protocol::acceptor acceptor(loop);
  acceptor.assign(asio::local::stream_protocol(), socket.release());
  return StatusSocket(std::move(acceptor), path);
}

StatusSocket::~StatusSocket() {
  if (acceptor_.is_open()) ::unlink(path_.c_str());
}

void StatusSocket::start(Report report) {
  report_ = std::move(report);
  accept();
}

void StatusSocket::accept() {
  acceptor_.async_accept([this](boost::system::error_code error, Socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      const auto visit = std::make_shared<Visit>(std::move(socket));
      visit->end_in_time();
      report_([visit](std::string text) { visit->say(std::move(text)); });
    }
    accept();
  });
}

Result<std::string, std::string> read_status(const std::string& folder) {
  const Descriptor inside = open_folder(folder);
  const Descriptor socket = stream_socket();
  const timeval patience{2 * kPatience.count(), 0};
  const sockaddr_un address = address_in(inside);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);  // that of connect(2), too
  if (!inside || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const bool absent = errno == ENOENT || errno == ECONNREFUSED;
    if (absent) return Failure("no server uses the state directory " + folder + "; name another one with --state");
    return Failure("the server's status: " + to_string(last_error("connect to " + folder + "/" + kName)));
  }
  std::string text;
  std::array<char, 16 * 1024> buffer;
  ssize_t count = 0;
  while ((count = ::read(socket.get(), buffer.data(), buffer.size())) > 0 && text.size() < kLongestStatus) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  if (count < 0) return Failure("the server's status: " + to_string(last_error("read " + folder + "/" + kName)));
  if (text.empty()) return Failure("the server that uses " + folder + " did not answer");
  return text;
}

}  // namespace torq::app
