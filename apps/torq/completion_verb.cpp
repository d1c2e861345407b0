// SPDX-License-Identifier: MIT
// torq completion: the script by which a shell completes torq's command line.

#include <iostream>
#include <memory>

#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/completion.hpp"
#include "apps/torq/command/failures.hpp"

namespace torq::app {
namespace {

std::string check_shell(const std::string& name) {
  return name == "bash" || name == "zsh" || name == "fish" ? "" : name + " is not bash, zsh or fish";
}

ExitCode completion(const std::string& shell, const CommandShape& command) {
  if (shell == "bash") std::cout << bash_completion(command);
  if (shell == "zsh") std::cout << zsh_completion(command);
  if (shell == "fish") std::cout << fish_completion(command);
  return finish_output(ExitCode::kOk);
}

constexpr const char* kCompletionFooter = R"(Examples:
  source <(torq completion bash)                                       in this shell, or in ~/.bashrc
  torq completion zsh > "${fpath[1]}/_torq"                            from the next zsh on
  torq completion fish > ~/.config/fish/completions/torq.fish

An installed torq brings these scripts along, where the shells look for them.)";

}  // namespace

void add_completion(Verb& command) {
  auto shell = std::make_shared<std::string>();
  Verb verb = command.verb("completion", "Print a script that completes torq's command line in a shell");
  verb.footer(kCompletionFooter);
  verb.option("SHELL", *shell, "the shell that the script is for").required().takes("bash|zsh|fish").check(check_shell);
  verb.runs([shell, &command] { return completion(*shell, shape_of(command.app())); });
}

}  // namespace torq::app
