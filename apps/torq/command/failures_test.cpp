// SPDX-License-Identifier: MIT
#include "apps/torq/command/failures.hpp"

#include <gtest/gtest.h>

namespace torq::app {
namespace {

ExitCode code_of(client::ErrorKind kind, const char* code = "") { return exit_code_of({kind, code, "", "", ""}); }

TEST(ExitCodes, AreThoseOfTheHelp) {
  using client::ErrorKind;
  EXPECT_EQ(code_of(ErrorKind::kRefused, "FILE_NOT_FOUND"), ExitCode::kNotFound);
  EXPECT_EQ(code_of(ErrorKind::kRefused, "FILE_READ_ERROR"), ExitCode::kOther);
  EXPECT_EQ(code_of(ErrorKind::kRefused, "OUT_OF_TEA"), ExitCode::kOther);
  for (const auto kind :
       {ErrorKind::kName, ErrorKind::kUnreachable, ErrorKind::kIncompatible, ErrorKind::kLost, ErrorKind::kTimeout}) {
    EXPECT_EQ(code_of(kind), ExitCode::kNetwork);
  }
  EXPECT_EQ(code_of(ErrorKind::kUnverified), ExitCode::kVerificationFailed);
  EXPECT_EQ(code_of(ErrorKind::kChanged), ExitCode::kVerificationFailed);
  EXPECT_EQ(code_of(ErrorKind::kTrust), ExitCode::kTrustRefused);
  EXPECT_EQ(code_of(ErrorKind::kSink), ExitCode::kDisk);
  EXPECT_EQ(code_of(ErrorKind::kCancelled), ExitCode::kInterrupted);
}

TEST(ExitCodes, EndWithTheWorst) {
  constexpr std::array kFromBadToWorse = {ExitCode::kOk,      ExitCode::kNotFound,           ExitCode::kOther,
                                          ExitCode::kNetwork, ExitCode::kVerificationFailed, ExitCode::kTrustRefused,
                                          ExitCode::kDisk,    ExitCode::kInterrupted};
  for (std::size_t i = 0; i < kFromBadToWorse.size(); ++i) {
    for (std::size_t j = 0; j < kFromBadToWorse.size(); ++j) {
      EXPECT_EQ(worse(kFromBadToWorse[i], kFromBadToWorse[j]), kFromBadToWorse[std::max(i, j)]);
    }
  }
}

}  // namespace
}  // namespace torq::app
