// SPDX-License-Identifier: MIT
#include "apps/torq/check/verdict.hpp"

#include <fmt/format.h>

#include "torq/wire/error_code.hpp"

namespace torq::app {

bool concerns_all(const client::Error& error) {
  return error.kind == client::ErrorKind::kTrust || error.kind == client::ErrorKind::kIncompatible;
}

Verdict verdict_on(const client::Error& error) {
  switch (error.kind) {
    case client::ErrorKind::kName:
    case client::ErrorKind::kUnreachable:
    case client::ErrorKind::kLost:
    case client::ErrorKind::kTimeout:
      return Verdict::kRetry;
    case client::ErrorKind::kSink:  // the reference cannot be read
      return Verdict::kWarn;
    default:
      return error.code == wire::name_of(wire::ErrorCode::kRateLimited) ? Verdict::kRetry : Verdict::kFail;
  }
}

std::string paint(const Style& style, Verdict verdict) {
  const std::string word = fmt::format("{:<5}", name_of(verdict));
  if (verdict == Verdict::kOk) return style.paint(Tint::kGood, word);
  return style.paint(verdict == Verdict::kFail ? Tint::kBad : Tint::kDoubtful, word);
}

}  // namespace torq::app
