// SPDX-License-Identifier: MIT
#include "apps/torq/download/fetched_line.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/torq/command/failures.hpp"
#include "torq/base/hex.hpp"

namespace torq::app {

std::string fetched_line(const FetchedFile& file, bool json) {
  const std::string digest = to_hex(file.fetched.sha256);
  if (!json) {
    return fmt::format("{}: {} bytes in {:.2f} s, sha256 {}\n", shown(file.path), file.fetched.bytes, file.took.count(),
                       digest);
  }
  const nlohmann::ordered_json line = {{"url", file.asked},
                                       {"path", file.path},
                                       {"bytes", file.fetched.bytes},
                                       {"seconds", file.took.count()},
                                       {"sha256", digest}};
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace torq::app
