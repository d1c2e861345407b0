// SPDX-License-Identifier: MIT
#pragma once
// --ca, --pin, --insecure and --trust-new: whom a verb believes to be the server. Reads the CA files and the file of
// known servers. Main thread.

#include <optional>
#include <string>

#include "torq/base/result.hpp"
#include "torq/client/tracker_client.hpp"
#include "torq/client/trust.hpp"
#include "torq/client/url.hpp"

namespace torq::app {

class Verb;

struct TrustOptions {
  std::optional<std::string> ca;
  std::optional<std::string> pin;
  bool insecure = false;
  bool trust_new = false;
};

/// `options` must outlive `verb`.
void add_trust_options(Verb& verb, TrustOptions& options);

/// One command's options, applied to each of its URLs.
class TrustRule {
 public:
  explicit TrustRule(TrustOptions options) : options_(std::move(options)) {}

  /// The first of these that there is: --insecure, --pin, the URL's pin, --ca, the known server's key, the operating
  /// system's CAs. Warns on standard error of what is not safe. With --trust-new it dials a server that is not known
  /// yet, and waits. Throws UsageError for a setting that cannot be used, and Ended where the reason was
  /// told.
  client::Trust of(const client::Url& url);
  /// The same of a tracker with TLS.
  client::Trust of(const client::TrackerUrl& url);
  /// Of a server that an answer has sent on to: nobody is asked about it.
  Result<client::Trust, client::Error> of_other(const std::string& host, std::uint16_t port);

 private:
  const client::Trust& of_all();
  std::optional<client::Trust> of_known(const client::TrackerUrl& url) const;

  TrustOptions options_;
  std::optional<client::Trust> of_all_;  // what does not depend on the URL; made when it is needed
};

/// The same for a verb with one URL.
client::Trust resolve_trust(const TrustOptions& options, const client::Url& url);

/// The tracker of a command line. As TrustRule::of(), where its scheme has TLS.
client::Tracker resolve_tracker(const TrustOptions& options, const client::TrackerUrl& url);

}  // namespace torq::app
