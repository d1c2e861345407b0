// SPDX-License-Identifier: MIT
// torq capabilities: what a server can do, in its own words.

#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/torq/command/client_options.hpp"
#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/command/foreground.hpp"
#include "apps/torq/command/trust_options.hpp"
#include "apps/torq/command/url_option.hpp"
#include "torq/client/client.hpp"
#include "torq/wire/answer_encoder.hpp"

namespace torq::app {
namespace {

struct CapabilitiesOptions {
  std::string url;
  TrustOptions trust;
  bool json = false;
};

using Told = Result<wire::CapabilityReply, client::Error>;

// `resumed` is ours: whether a ticket of an earlier process spared the certificate.
nlohmann::ordered_json as_json(const std::string& url, const wire::CapabilityReply& reply, bool resumed) {
  std::string encoded;
  wire::append_capability_reply(encoded, reply);
  nlohmann::ordered_json object = {{"url", url}};
  object.update(nlohmann::ordered_json::parse(encoded));
  object["resumed"] = resumed;
  return object;
}

void show_to_people(const nlohmann::ordered_json& object) {
  std::cout << object["url"].get<std::string>() << " speaks version " << object["version"] << " and offers";
  for (const auto& name : object["capabilities"]) std::cout << ' ' << name.get<std::string>();
  std::cout << '\n';
  for (const auto& [name, value] : object["limits"].items()) std::cout << "  " << name << ' ' << value << '\n';
}

// Servers of the protocol's first document know no such request, which says all about them.
bool knows_no_frame(const client::Error& error) {
  return error.kind == client::ErrorKind::kRefused &&
         (error.code == "UNKNOWN_REQUEST" || error.code == "INVALID_REQUEST");
}

ExitCode show(const CapabilitiesOptions& options, const Told& reply, bool resumed) {
  if (reply) {
    const auto object = as_json(options.url, *reply, resumed);
    options.json ? void(std::cout << object.dump() << '\n') : show_to_people(object);
    return ExitCode::kOk;
  }
  client::Error error = reply.error();
  if (knows_no_frame(error)) {
    error.advice = "the server has no extensions; announce and get, with files as lists of numbers, work without";
  }
  complain(options.url, error);
  return exit_code_of(error);
}

ExitCode capabilities(const CapabilitiesOptions& options) {
  const client::Url url = parse_url_argument(options.url);
  const client::Trust trust = resolve_trust(options.trust, url);
  Foreground foreground;
  ExitCode code = ExitCode::kOk;
  client::Client client(client_options());
  client.capabilities(client::server_of(url, trust), [&](Told reply) {
    foreground.post([&, reply = std::move(reply)] {
      code = show(options, reply, client.connections().resumed > 0);
      foreground.finish();
    });
  });
  return foreground.run() ? finish_output(code) : ExitCode::kInterrupted;
}

constexpr const char* kCapabilitiesFooter = R"(Examples:
  torq capabilities quic://tracker.example
  torq capabilities quic://192.0.2.7:7001 --insecure --json

With --json, the server's answer as one object, its URL first: {"url","version","capabilities","limits","resumed"}; `resumed`
says whether the connection was begun with a ticket of an earlier one. A server without
extensions answers with an error (exit code 1); announce and get work with it all the same. A path in the URL means nothing.)";

}  // namespace

void add_capabilities(Verb& command) {
  auto options = std::make_shared<CapabilitiesOptions>();
  Verb verb = command.verb("capabilities", "Ask a server what it can do");
  verb.footer(kCapabilitiesFooter);
  verb.option("URL", options->url, "quic://host[:7001]").required().takes("");
  verb.flag("--json", options->json, "the answer as one JSON object on standard output");
  add_trust_options(verb, options->trust);
  verb.runs([options] { return capabilities(*options); });
}

}  // namespace torq::app
