// SPDX-License-Identifier: MIT
#pragma once
// Where the files of `torq get` go: from URLs and -o to paths, before anything is fetched. Pure.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "torq/base/result.hpp"
#include "torq/client/url.hpp"

namespace torq::app {

struct Output {
  std::string path;  ///< as after -o
  bool is_folder = false;
};

/// One path for each URL. The error says which URL has none, and why; two that would meet in one file are an error,
/// too.
Result<std::vector<std::string>, std::string> output_paths(std::span<const client::Url> urls,
                                                           const std::optional<Output>& output);

}  // namespace torq::app
