// SPDX-License-Identifier: MIT
#include "apps/torq/download/output_paths.hpp"

#include <gtest/gtest.h>

namespace torq::app {
namespace {

Result<std::vector<std::string>, std::string> paths_of(const std::vector<std::string>& texts,
                                                       const std::optional<Output>& output = {}) {
  std::vector<client::Url> urls;
  for (const std::string& text : texts) urls.push_back(client::parse_url(text).value());
  return output_paths(urls, output);
}

using Paths = std::vector<std::string>;

TEST(OutputPaths, AreTheLastSegmentsWithoutMore) {
  EXPECT_EQ(paths_of({"quic://h/a/b.txt", "quic://h/c%20d"}), (Paths{"b.txt", "c d"}));
  EXPECT_EQ(paths_of({"quic://h/a%2fb"}), (Paths{"b"}));
}

TEST(OutputPaths, AreInTheFolder) {
  EXPECT_EQ(paths_of({"quic://h/a", "quic://h/b"}, Output{"out", true}), (Paths{"out/a", "out/b"}));
  EXPECT_EQ(paths_of({"quic://h/a"}, Output{"out/", true}), (Paths{"out/a"}));
}

TEST(OutputPaths, AreTheNameThatIsGivenToOneFile) {
  EXPECT_EQ(paths_of({"quic://h/a"}, Output{"x/y", false}), (Paths{"x/y"}));
  EXPECT_EQ(paths_of({"quic://h/a/.."}, Output{"y", false}), (Paths{"y"}));
}

TEST(OutputPaths, NeedAFolderForSeveralFiles) {
  EXPECT_EQ(paths_of({"quic://h/a", "quic://h/b"}, Output{"x", false}).error(),
            "-o x is no folder, and there are 2 files: make a folder of that name first");
}

TEST(OutputPaths, DoNotLeaveTheFolder) {
  for (const char* url : {"quic://h/..", "quic://h/a/..", "quic://h/a%2f..", "quic://h/%2e%2e", "quic://h/.",
                          "quic://h/a/", "quic://h/%00", "quic://h/a%00b"}) {
    EXPECT_FALSE(paths_of({url})) << url;
    EXPECT_FALSE(paths_of({url}, Output{"out", true})) << url;
  }
}

TEST(OutputPaths, NeedAPathInTheUrl) {
  EXPECT_FALSE(paths_of({"quic://h"}));
  EXPECT_FALSE(paths_of({"quic://h/"}, Output{"y", false}));
}

TEST(OutputPaths, AreNotSharedByTwoFiles) {
  EXPECT_EQ(paths_of({"quic://h/a/x", "quic://h/b/x"}).error(),
            "quic://h/a/x and quic://h/b/x would both become x: get them one by one, with -o");
}

}  // namespace
}  // namespace torq::app
