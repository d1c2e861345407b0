// SPDX-License-Identifier: MIT
#include "apps/torq/command/usage.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace torq::app {
namespace {

/// A command with two verbs, and what it makes of a command line.
class Usage : public testing::Test {
 protected:
  Usage() {
    command_.require_subcommand(1);
    CLI::App* announce = command_.add_subcommand("announce", "");
    announce->add_option("URL", url_, "")->required();
    announce->add_option("--port", port_, "")->required();
    announce->add_flag("--json");
    CLI::App* config = command_.add_subcommand("config", "");
    config->require_subcommand(1);
    config->add_subcommand("template", "");
    config->add_subcommand("check", "")->add_flag("--strict");
    command_.add_subcommand("get", "")->add_option("-o,--output", url_, "");
  }

  std::string explain(const std::string& line) {
    try {
      command_.parse(line);
    } catch (const CLI::ParseError& error) {
      fault_ = explain_fault(command_, error.what());
      return explain_unknown(command_).value_or("");
    }
    return "fine";
  }

  std::string fault(const std::string& line) {
    explain(line);
    return fault_;
  }

 private:
  CLI::App command_{"", "torq"};
  std::string fault_;
  std::string url_;
  int port_ = 0;
};

TEST_F(Usage, SuggestsTheNearestVerb) {
  EXPECT_EQ(explain("anounce quic://a --port 1"), "torq: no verb `anounce`; did you mean `announce`?");
}

TEST_F(Usage, SaysWhereTheVerbsAreListed) {
  EXPECT_EQ(explain("nonsense"), "torq: no verb `nonsense`; `torq --help` lists them");
}

TEST_F(Usage, SuggestsTheNearestOptionOfTheVerb) {
  EXPECT_EQ(explain("announce quic://a --prot 1"), "torq: announce: no option `--prot`; did you mean `--port`?");
  EXPECT_EQ(explain("announce quic://a --prot=1"), "torq: announce: no option `--prot`; did you mean `--port`?");
  EXPECT_EQ(explain("get --outptu x"), "torq: get: no option `--outptu`; did you mean `--output`?");
}

TEST_F(Usage, DoesNotSuggestAnotherVerbsOption) {
  EXPECT_EQ(explain("get --port 1"), "torq: get: no option `--port`; `torq get --help` lists them");
}

TEST_F(Usage, SuggestsTheCommandsOwnOptions) {
  EXPECT_EQ(explain("--hlep"), "torq: no option `--hlep`; did you mean `--help`?");
}

TEST_F(Usage, LooksIntoVerbsOfVerbs) {
  EXPECT_EQ(explain("config chekc"), "torq: config: no verb `chekc`; did you mean `check`?");
  EXPECT_EQ(explain("config check --strcit"), "torq: config check: no option `--strcit`; did you mean `--strict`?");
  EXPECT_EQ(explain("config"), "");
}

TEST_F(Usage, LeavesOtherMistakesToTheirOwnMessages) {
  EXPECT_EQ(explain("announce quic://a"), "");
  EXPECT_EQ(explain(""), "");
  EXPECT_EQ(explain("announce quic://a --port x"), "");
  EXPECT_EQ(explain("announce quic://a --port 1"), "fine");
}

TEST_F(Usage, BeginsEachFaultAlikeAndEndsItWithTheHelp) {
  EXPECT_EQ(fault(""), "torq: a verb is required\n`torq --help` says more");
  EXPECT_EQ(fault("announce --port 1"), "torq: announce: URL is required\n`torq announce --help` says more");
  EXPECT_EQ(fault("config"), "torq: config: a verb is required\n`torq config --help` says more");
  EXPECT_EQ(fault("get -o a -o b"), "torq: get: --output can be given once\n`torq get --help` says more");
}

TEST_F(Usage, ShowsNoControlCharacters) {
  EXPECT_EQ(explain("\x1b[31m"), "torq: no verb `?[31m`; `torq --help` lists them");
}

}  // namespace
}  // namespace torq::app
