// SPDX-License-Identifier: MIT
#pragma once
// The client of the library: asks servers for peers, figures and files. Requests to one server under one trust setting
// run side by side on one connection, which is made when it is needed, and again when it is lost.
//
// Thread rule: any thread may call it. Completions and sinks are called on one thread that the Client owns: what they
// do there holds up all its requests. They may start and cancel requests, but neither wait for one (the blocking forms)
// nor destroy the Client, nor throw.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "torq/base/info_hash.hpp"
#include "torq/client/call.hpp"
#include "torq/client/error.hpp"
#include "torq/client/file_prefix.hpp"
#include "torq/client/file_sink.hpp"
#include "torq/client/options.hpp"
#include "torq/client/server.hpp"
#include "torq/tracker/announce.hpp"
#include "torq/wire/http_answer.hpp"
#include "torq/wire/messages.hpp"

namespace torq::client {

/// Since the Client was made.
struct ConnectionFigures {
  std::uint64_t connected = 0;  ///< handshakes that came to their end
  std::uint64_t resumed = 0;    ///< those of them that needed no certificate, thanks to a ticket (SessionStore)
};

/// Called exactly once for each request.
template <class T>
using Done = std::function<void(Result<T, Error>)>;

class Client {
 public:
  explicit Client(const Options& options = {});
  /// Ends what is under way with ErrorKind::kCancelled: all completions have been called when it returns.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Texts in requests are UTF-8 and need not outlive the call.

  /// Repeated after a lost connection unless it reports `completed`, which may count twice.
  Call announce(const Server& server, const wire::AnnounceRequest& request, Done<tracker::AnnounceReply> done);
  /// Figures of at most as many swarms as the server's capabilities allow.
  Call scrape(const Server& server, std::span<const InfoHash> swarms, Done<wire::ScrapeReply> done);
  /// What a folder of the server holds; "" is the root. A folder with more than the server's limit comes in pages
  /// (`truncated`): the next one has the names behind `after`.
  Call list(const Server& server, std::string_view folder, Done<wire::ListReply> done) {
    return list(server, folder, "", std::move(done));
  }
  Call list(const Server& server, std::string_view folder, std::string_view after, Done<wire::ListReply> done);
  /// A server without extensions answers with an error: kRefused, UNKNOWN_REQUEST as a rule.
  Call capabilities(const Server& server, Done<wire::CapabilityReply> done);
  /// The whole file `name`, in the best form that the server offers.
  Call fetch(const Server& server, std::string_view name, std::shared_ptr<FileSink> sink, Done<Fetched> done);
  /// The same, behind `held`, the beginning of the file that `sink` has already: only the rest is fetched and passed to
  /// the sink. A server that cannot do that sends the whole file: the sink is told by begin(). Ends with
  /// ErrorKind::kChanged when the server's file is another one by now.
  Call fetch(const Server& server, std::string_view name, FilePrefix held, std::shared_ptr<FileSink> sink,
             Done<Fetched> done);

  /// A piece of the file `name`, fewer bytes where it ends; at most Options::max_answer_bytes.
  Call read(const Server& server, std::string_view name, const wire::ByteRange& range, Done<FilePiece> done);

  /// A GET over HTTP/3, of any server of that protocol: whatever its status, the answer is one. `authority` is the
  /// host, and the port if it is not 443; `target` is path and query. `repeatable`: asking twice does no harm.
  Call get(const Server& server, const std::string& authority, const std::string& target, bool repeatable,
           Done<wire::HttpAnswer> done);

  /// The pin of the server's key, from a handshake that is broken off there: nothing is believed, and nothing asked.
  Call identify(const std::string& host, std::uint16_t port, Done<std::string> done);

  /// The request ends with ErrorKind::kCancelled, unless it has ended already.
  void cancel(Call call);

  ConnectionFigures connections() const;

  // The same, waiting for the answer.
  Result<tracker::AnnounceReply, Error> announce(const Server& server, const wire::AnnounceRequest& request);
  Result<wire::ScrapeReply, Error> scrape(const Server& server, std::span<const InfoHash> swarms);
  Result<wire::ListReply, Error> list(const Server& server, std::string_view folder);
  Result<wire::CapabilityReply, Error> capabilities(const Server& server);
  Result<Fetched, Error> fetch(const Server& server, std::string_view name, std::shared_ptr<FileSink> sink);
  Result<std::string, Error> identify(const std::string& host, std::uint16_t port);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace torq::client
