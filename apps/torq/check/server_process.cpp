// SPDX-License-Identifier: MIT
#include "apps/torq/check/server_process.hpp"

#include <nlohmann/json.hpp>

#include "apps/torq/server/status_socket.hpp"
#include "apps/torq/state/state_dir.hpp"

namespace torq::app {
namespace {

std::optional<pid_t> find_process(const std::string& state) {
  const auto said = read_status(state);
  if (!said) return std::nullopt;
  const auto status = nlohmann::json::parse(*said, nullptr, false);
  if (!status.is_object() || !status.contains("process") || !status["process"].is_number_integer()) return std::nullopt;
  return status["process"].get<pid_t>();
}

}  // namespace

ServerProcess::ServerProcess(const std::string& host, const std::optional<std::string>& state,
                             std::optional<std::uint64_t> process) {
  if (process) process_ = static_cast<pid_t>(*process);
  if (process) return;
  const bool here = host == "localhost" || host == "::1" || host.starts_with("127.");
  if (state || here) state_ = state_path(state, read_state_environment()).value_or("");
}

std::optional<ProcessFigures> ServerProcess::figures() {
  if (!process_ && !state_.empty()) process_ = find_process(state_);
  if (!process_) return std::nullopt;
  const auto figures = read_process_figures(*process_);
  if (!figures && !state_.empty()) process_.reset();
  return figures;
}

}  // namespace torq::app
