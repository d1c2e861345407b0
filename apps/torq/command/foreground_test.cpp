// SPDX-License-Identifier: MIT
#include "apps/torq/command/foreground.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace torq::app {
namespace {

/// The status of a process that runs `body`, as waitpid tells it.
template <class Body>
int status_of(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(Foreground, EndsInOrderWithTheFirstSignalAndAtOnceWithTheSecond) {
  for (const auto& [first, second] : {std::pair(SIGINT, SIGTERM), std::pair(SIGTERM, SIGTERM)}) {
    const int status = status_of([&, &before = first, &then = second] {
      Foreground foreground;
      foreground.post([&] { ::raise(before); });
      if (foreground.run()) ::_exit(1);
      ::raise(then);
    });

    ASSERT_TRUE(WIFEXITED(status)) << "a signal's default action";
    EXPECT_EQ(WEXITSTATUS(status), 7);
  }
}

}  // namespace
}  // namespace torq::app
