// SPDX-License-Identifier: MIT
// The command: parses, builds, runs. One file per verb.

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>

#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/command/key_log.hpp"
#include "apps/torq/command/usage.hpp"
#include "apps/torq/command/verb.hpp"
#include "apps/torq/log/bounded_write.hpp"
#include "apps/torq/server/x25519.hpp"

namespace {

constexpr const char* kFooter = R"(Exit codes: 0 ok, 1 other failure, 2 usage, 3 not found, 4 network or time-out,
5 verification failed, 6 certificate refused, 7 interrupted, 8 disk.)";

}  // namespace

int main(int argc, char** argv) {
  torq::app::hold_standard_descriptors();
  torq::app::prepare_x25519();
  std::signal(SIGXFSZ, SIG_IGN);  // a file over its limit is a failed write, which tidies up
  CLI::App command("torq: a BitTorrent tracker and verified file transfer over QUIC", "torq");
  command.set_version_flag("--version", TORQ_VERSION);
  command.require_subcommand(1);
  command.footer(kFooter);
  torq::app::Action action;
  torq::app::Verb verbs(command, action);
  torq::app::add_serve(verbs);
  torq::app::add_announce(verbs);
  torq::app::add_get(verbs);
  torq::app::add_ls(verbs);
  torq::app::add_scrape(verbs);
  torq::app::add_verify(verbs);
  torq::app::add_soak(verbs);
  torq::app::add_capabilities(verbs);
  torq::app::add_status(verbs);
  torq::app::add_config(verbs);
  torq::app::add_doctor(verbs);
  torq::app::add_completion(verbs);
  torq::app::add_manual(verbs);
  try {
    command.parse(argc, argv);
    command.got_subcommand("serve") ? torq::app::forbid_key_log() : torq::app::protect_key_log();
    return static_cast<int>(action());
  } catch (const CLI::ParseError& error) {
    if (const auto explanation = error.get_exit_code() != 0 ? torq::app::explain_unknown(command) : std::nullopt) {
      std::cerr << *explanation << '\n';
      return static_cast<int>(torq::app::ExitCode::kUsage);
    }
    if (error.get_exit_code() == 0) {  // the help was asked for
      command.exit(error);
      return static_cast<int>(torq::app::finish_output(torq::app::ExitCode::kOk));
    }
    std::cerr << torq::app::explain_fault(command, error.what()) << '\n';
    return static_cast<int>(torq::app::ExitCode::kUsage);
  } catch (const torq::app::UsageError& error) {
    std::cerr << torq::app::explain_fault(command, error.what()) << '\n';
    return static_cast<int>(torq::app::ExitCode::kUsage);
  } catch (const torq::app::Ended& ended) {
    return static_cast<int>(ended.code);
  } catch (const std::exception& error) {
    std::cerr << "torq: " << torq::app::shown(error.what()) << '\n';
    return static_cast<int>(torq::app::ExitCode::kOther);
  }
}
