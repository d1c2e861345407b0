// SPDX-License-Identifier: MIT
// torq-load: loads a QUIC server of the JSON protocol from one thread and says what it cost the server. See load.hpp.
#include "bench/load.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

namespace torq::bench {
namespace {

Duration seconds(double value) { return Duration(static_cast<Duration::rep>(value * 1e9)); }

struct Options {
  CLI::App app{"loads a server of the JSON protocol over QUIC"};
  Plan plan;
  std::string server;
  double warm_up = 1;
  double length = 3;

  Options() {
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    app.add_option("mode", plan.mode)->required()->check(CLI::IsMember({"announce", "connect", "file", "idle"}));
    app.add_option("server", server, "ADDRESS:PORT")->required();
    app.add_option("--server-pid", plan.server_process, "whose CPU time is read");
    app.add_option("--connections", plan.connections);
    app.add_option("--outstanding", plan.outstanding, "requests on each connection");
    app.add_option("--sockets", plan.sockets, "that the connections are spread over");
    app.add_option("--rate", plan.rate, "announces a second; without it each answer makes room for the next");
    app.add_option("--warm-up", warm_up, "seconds");
    app.add_option("--seconds", length);
    app.add_option("--limit", plan.limit, "ends after so many answers");
    app.add_flag("--resume", plan.resume, "connect: with a ticket");
    app.add_flag("--http3", plan.http3, "announce: over HTTP/3");
    app.add_option("--file", plan.file);
    app.add_flag("--raw", plan.raw, "the file as bytes, not as a list of numbers");
    app.add_option("--peers", plan.population.peers, "how many are announced");
    app.add_option("--swarms", plan.population.swarms, "that they are spread over; 0: each has its own");
    app.add_option("--first", plan.population.first, "the number of the first peer");
    app.add_flag("--in-turn", plan.population.in_turn, "one peer after the other instead of at random");
    app.add_option("--numwant", plan.population.numwant);
  }
};

int run(Options& options) {
  Plan& plan = options.plan;
  const auto server = parse_socket_address(options.server);
  if (!server) throw std::runtime_error(options.server + " is not ADDRESS:PORT");
  plan.server = *server;
  plan.warm_up = seconds(options.warm_up);
  plan.length = seconds(options.length);
  if (plan.mode == "announce") announce(plan);
  if (plan.mode == "connect") connect(plan);
  if (plan.mode == "file") file(plan);
  if (plan.mode == "idle") idle(plan);
  return 0;
}

}  // namespace
}  // namespace torq::bench

int main(int argc, char** argv) {
  torq::bench::Options options;
  try {
    options.app.parse(argc, argv);
    return torq::bench::run(options);
  } catch (const CLI::ParseError& error) {
    return options.app.exit(error);
  } catch (const std::exception& error) {
    std::cerr << "torq-load: " << error.what() << std::endl;
    return 1;
  }
}
