// SPDX-License-Identifier: MIT
#pragma once
// How `torq verify` and `torq soak` judge what a server did: the four verdicts of the protocol's first document, and
// which of the client's errors is which. Pure.

#include <array>
#include <cstdint>
#include <string>

#include "apps/torq/terminal/style.hpp"
#include "torq/client/error.hpp"

namespace torq::app {

enum class Verdict : std::uint8_t {
  kOk,
  kRetry,  ///< no connection, or it was lost: the server may be down
  kFail,   ///< wrong bytes, or an error instead of the answer
  kWarn,   ///< cannot be judged here
};
constexpr std::array kVerdictNames = {"OK", "RETRY", "FAIL", "WARN"};

constexpr const char* name_of(Verdict verdict) { return kVerdictNames[static_cast<std::size_t>(verdict)]; }

/// What keeps everything from being looked at, whatever is asked.
bool concerns_all(const client::Error& error);
Verdict verdict_on(const client::Error& error);

/// Its name in five columns, in its colour.
std::string paint(const Style& style, Verdict verdict);

/// How many of each.
class Verdicts {
 public:
  void add(Verdict verdict) { ++counts_[static_cast<std::size_t>(verdict)]; }
  std::uint64_t operator[](Verdict verdict) const { return counts_[static_cast<std::size_t>(verdict)]; }

 private:
  std::array<std::uint64_t, kVerdictNames.size()> counts_{};
};

}  // namespace torq::app
