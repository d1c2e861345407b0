// SPDX-License-Identifier: MIT
#include "apps/torq/command/failures.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>

#include "apps/torq/terminal/style.hpp"
#include "torq/wire/error_code.hpp"

namespace torq::app {

ExitCode exit_code_of(const client::Error& error) {
  switch (error.kind) {
    case client::ErrorKind::kName:
    case client::ErrorKind::kUnreachable:
    case client::ErrorKind::kIncompatible:
    case client::ErrorKind::kLost:
    case client::ErrorKind::kTimeout:
      return ExitCode::kNetwork;
    case client::ErrorKind::kTrust:
      return ExitCode::kTrustRefused;
    case client::ErrorKind::kRefused:
      return error.code == name_of(wire::ErrorCode::kFileNotFound) ? ExitCode::kNotFound : ExitCode::kOther;
    case client::ErrorKind::kUnsupported:
    case client::ErrorKind::kFaulty:
    case client::ErrorKind::kReset:
      return ExitCode::kOther;
    case client::ErrorKind::kUnverified:
    case client::ErrorKind::kChanged:
      return ExitCode::kVerificationFailed;
    case client::ErrorKind::kSink:
      return ExitCode::kDisk;
    case client::ErrorKind::kCancelled:
      return ExitCode::kInterrupted;
  }
  return ExitCode::kOther;
}

ExitCode worse(ExitCode a, ExitCode b) {
  constexpr std::array kFromBadToWorse = {ExitCode::kOk,           ExitCode::kNotFound, ExitCode::kUsage,
                                          ExitCode::kOther,        ExitCode::kNetwork,  ExitCode::kVerificationFailed,
                                          ExitCode::kTrustRefused, ExitCode::kDisk,     ExitCode::kInterrupted};
  return std::max(a, b, [&](ExitCode x, ExitCode y) {
    return std::ranges::find(kFromBadToWorse, x) < std::ranges::find(kFromBadToWorse, y);
  });
}

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 32 * 1024;
  return client::tame(text, kLongest);
}

void complain(std::string_view subject, const client::Error& error) {
  std::cerr << style_of(STDERR_FILENO).paint(Tint::kBad, "torq:") << ' ' << shown(subject) << ": "
            << shown(error.text()) << '\n';
}

ExitCode finish_output(ExitCode code) {
  if (std::cout.flush()) return code;
  std::cerr << "torq: standard output did not take everything\n";
  return worse(code, ExitCode::kDisk);
}

}  // namespace torq::app
