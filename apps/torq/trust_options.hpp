// SPDX-License-Identifier: MIT
#pragma once
// --ca, --pin and --insecure: whom a verb believes to be the server. Reads the CA files.

#include <optional>
#include <string>

#include "torq/base/result.hpp"
#include "torq/client/trust.hpp"

namespace CLI {
class App;
}

namespace torq::app {

struct TrustOptions {
  std::optional<std::string> ca;
  std::optional<std::string> pin;
  bool insecure = false;
};

/// `options` must outlive `verb`.
void add_trust_options(CLI::App& verb, TrustOptions& options);

/// The operating system's CAs unless the options say otherwise. Warns on standard error of what is not safe. Throws
/// CLI::ValidationError for a setting that cannot be used.
client::Trust resolve_trust(const TrustOptions& options);

}  // namespace torq::app
