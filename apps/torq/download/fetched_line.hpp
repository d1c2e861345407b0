// SPDX-License-Identifier: MIT
#pragma once
// What `torq get` tells of a file that has come. Pure.

#include <chrono>
#include <string>

#include "torq/client/file_sink.hpp"

namespace torq::app {

struct FetchedFile {
  std::string asked;  ///< the URL as a person would write it
  std::string path;
  client::Fetched fetched;
  std::chrono::duration<double> took;
};

/// For people, or as a JSON object; with its newline.
std::string fetched_line(const FetchedFile& file, bool json);

}  // namespace torq::app
