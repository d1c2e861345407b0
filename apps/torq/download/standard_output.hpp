// SPDX-License-Identifier: MIT
#pragma once
// torq get -o -: one file to standard output as it comes, nothing on the disk. What is written cannot be taken back, so
// the exit code is what says whether it was the file. Main thread.

#include <string>

#include "apps/torq/command/verb.hpp"
#include "torq/client/client.hpp"

namespace torq::app {

/// `asked` is the URL as a person would write it. What there is to tell goes to standard error.
ExitCode fetch_to_standard_output(const client::Server& server, const client::Url& url, const std::string& asked,
                                  bool json);

}  // namespace torq::app
