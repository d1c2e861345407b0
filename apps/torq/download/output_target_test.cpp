// SPDX-License-Identifier: MIT
#include "apps/torq/download/output_target.hpp"

#include <gtest/gtest.h>

#include "torq/files/temporary_tree_test.hpp"

namespace torq::app {
namespace {

class OutputTarget : public testing::Test {
 protected:
  std::string target_of(const std::string& name) const {
    const auto target = output_target(tree.path(name));
    return target ? *target : "[" + target.error() + "]";
  }
  bool is_refused(const std::string& name, const std::string& as) const {
    return target_of(name).starts_with("[" + tree.path(name) + " is " + as + ": ");
  }

  files::TemporaryTree tree;
};

TEST_F(OutputTarget, IsTheNameItselfOfAFileOrOfNothing) {
  tree.file("a", "x");

  EXPECT_EQ(target_of("a"), tree.path("a"));
  EXPECT_EQ(target_of("b"), tree.path("b"));
  EXPECT_EQ(output_target("relative"), "relative");
}

TEST_F(OutputTarget, IsWhereALinkLeads) {
  tree.file("folder/a", "x");
  tree.link("folder/near", "a");
  tree.link("far", tree.path("folder/near"));
  tree.link("nowhere", "folder/absent");

  EXPECT_EQ(target_of("folder/near"), tree.path("folder/a"));
  EXPECT_EQ(target_of("far"), tree.path("folder/a"));
  EXPECT_EQ(target_of("nowhere"), tree.path("folder/absent"));
}

TEST_F(OutputTarget, IsNothingThatIsNoFile) {
  tree.fifo("fifo");
  tree.socket("socket");
  tree.link("to fifo", "fifo");
  tree.link("null", "/dev/null");
  tree.link("circle", "circle");

  EXPECT_TRUE(is_refused("fifo", "a pipe"));
  EXPECT_TRUE(is_refused("to fifo", "a pipe"));
  EXPECT_TRUE(is_refused("socket", "a socket"));
  EXPECT_TRUE(is_refused("null", "a device"));
  EXPECT_TRUE(is_refused("circle", "a link that leads in a circle"));
  for (const char* open : {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}) {
    ASSERT_FALSE(output_target(open)) << open;
    EXPECT_NE(output_target(open).error().find("-o -"), std::string::npos);
  }
}

TEST_F(OutputTarget, IsNotWhereALinkOfSomebodyElseLeads) {
  if (::geteuid() != 0) GTEST_SKIP() << "only a privileged user can give a link away";
  tree.file("a", "x");
  tree.link("link", "a");
  ASSERT_EQ(::lchown(tree.path("link").c_str(), 65534, 65534), 0);

  EXPECT_TRUE(is_refused("link", "a link of somebody else"));
}

}  // namespace
}  // namespace torq::app
