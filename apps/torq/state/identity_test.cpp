// SPDX-License-Identifier: MIT
#include "apps/torq/state/identity.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "torq/files/temporary_tree_test.hpp"
#include "torq/quic/certificate.hpp"

namespace torq::app {
namespace {

using namespace std::chrono_literals;

using None = std::vector<std::string>;

class ServerIdentityTest : public testing::Test {
 protected:
  Result<ServerIdentity, std::string> load(const IdentityFiles& files = {}) {
    return load_identity(files, state, now, {{"localhost"}, {*parse_ip("127.0.0.1")}});
  }
  Result<ServerIdentity, std::string> load_files(const std::string& cert, const std::string& key) {
    return load({tree.path(cert), tree.path(key)});
  }
  unsigned mode_of(const std::string& name) const {
    struct stat status{};
    ::stat(tree.path(name).c_str(), &status);
    return status.st_mode & 07777U;
  }
  void operator_files(const std::string& cert, const std::string& key) {
    operator_files(cert, key, {{"a.example"}, {}, now - 1h, now + 1h});
  }
  void operator_files(const std::string& cert, const std::string& key, const quic::CertificateTerms& terms) {
    const auto pair = quic::make_self_signed(quic::KeyKind::kEd25519, terms).value();
    tree.file(cert, pair.cert_pem);
    tree.file(key, pair.key_pem);
    tree.permissions(key, 0600);
  }

  std::chrono::sys_seconds now{1'800'000'000s};  // 15 January 2027
  files::TemporaryTree tree;
  StateDirectory state = StateDirectory::open(tree.path("state")).value();
};

TEST_F(ServerIdentityTest, IsMadeAtFirstAndReusedLater) {
  const auto first = load();
  const auto second = load();

  ASSERT_TRUE(first) << first.error();
  ASSERT_TRUE(second) << second.error();
  EXPECT_EQ(first->cert_pem, second->cert_pem);
  EXPECT_EQ(first->pin, second->pin);
  EXPECT_EQ(first->pin, quic::spki_pin(tree.text("state/cert.pem")));
  EXPECT_EQ(first->warnings, None());
}

TEST_F(ServerIdentityTest, KeepsItsKeyToItself) {
  ASSERT_TRUE(load());

  EXPECT_EQ(mode_of("state/key.pem"), 0600);
}

TEST_F(ServerIdentityTest, KeepsItsPinWhenOnlyTheCertificateIsLost) {
  const auto first = load();
  tree.remove("state/cert.pem");

  const auto second = load();

  ASSERT_TRUE(second) << second.error();
  EXPECT_NE(second->cert_pem, first->cert_pem);
  EXPECT_EQ(second->pin, first->pin);
}

TEST_F(ServerIdentityTest, IsNeverReplacedUnaskedWhenTheKeyIsLost) {
  const auto first = load();
  tree.remove("state/key.pem");

  const auto second = load();

  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().starts_with(tree.path("state/key.pem") + " is missing")) << second.error();
  EXPECT_EQ(tree.text("state/cert.pem"), first->cert_pem);
}

TEST_F(ServerIdentityTest, IsNeverReplacedUnaskedWhenItIsDamaged) {
  ASSERT_TRUE(load());
  tree.file("state/key.pem", "half a ke");

  const auto damaged = load();

  ASSERT_FALSE(damaged);
  EXPECT_NE(damaged.error().find("the key is not a private key in PEM form"), std::string::npos) << damaged.error();
  EXPECT_EQ(tree.text("state/key.pem"), "half a ke");
}

TEST_F(ServerIdentityTest, ComesFromTheOperatorsFiles) {
  operator_files("c.pem", "k.pem");

  const auto identity = load_files("c.pem", "k.pem");

  ASSERT_TRUE(identity) << identity.error();
  EXPECT_EQ(identity->cert_pem, tree.text("c.pem"));
  EXPECT_EQ(identity->pin, quic::spki_pin(tree.text("c.pem")));
  EXPECT_EQ(identity->warnings, None());
  EXPECT_FALSE(std::filesystem::exists(tree.path("state/cert.pem")));
}

TEST_F(ServerIdentityTest, NeedsBothFilesOrNeither) {
  operator_files("c.pem", "k.pem");

  EXPECT_FALSE(load({tree.path("c.pem"), std::nullopt}));
  EXPECT_FALSE(load({std::nullopt, tree.path("k.pem")}));
}

TEST_F(ServerIdentityTest, SaysWhichFileIsMissingOrWrong) {
  operator_files("c.pem", "k.pem");
  operator_files("other_c.pem", "other_k.pem");

  EXPECT_EQ(load_files("none", "k.pem").error(),
            "certificate: open " + tree.path("none") + ": No such file or directory");
  EXPECT_EQ(load_files("c.pem", "none").error(), "key: open " + tree.path("none") + ": No such file or directory");
  EXPECT_EQ(load_files("c.pem", "other_k.pem").error(), "certificate " + tree.path("c.pem") + " and key " +
                                                            tree.path("other_k.pem") +
                                                            ": the key does not belong to the first certificate");
  EXPECT_EQ(load_files("k.pem", "c.pem").error(), "certificate " + tree.path("k.pem") + " and key " +
                                                      tree.path("c.pem") +
                                                      ": the certificate is not a certificate in PEM form");
}

TEST_F(ServerIdentityTest, WarnsOfAKeyThatEverybodyCanRead) {
  operator_files("c.pem", "k.pem");
  tree.permissions("k.pem", 0644);

  const auto identity = load_files("c.pem", "k.pem");

  ASSERT_TRUE(identity);
  ASSERT_EQ(identity->warnings.size(), 1U);
  EXPECT_NE(identity->warnings[0].find(tree.path("k.pem")), std::string::npos);
}

TEST_F(ServerIdentityTest, AllowsAGroupToReadTheKey) {
  operator_files("c.pem", "k.pem");
  tree.permissions("k.pem", 0640);

  EXPECT_EQ(load_files("c.pem", "k.pem")->warnings, None());
}

TEST_F(ServerIdentityTest, WarnsOfAnOperatorsCertificateOutsideItsTime) {
  operator_files("old.pem", "k1.pem", {{"a.example"}, {}, now - 48h, now - 24h});
  operator_files("new.pem", "k2.pem", {{"a.example"}, {}, now + 24h, now + 48h});

  const auto expired = load_files("old.pem", "k1.pem");
  const auto early = load_files("new.pem", "k2.pem");

  ASSERT_TRUE(expired && early);
  EXPECT_EQ(expired->warnings, std::vector{"the certificate " + tree.path("old.pem") +
                                           " expired on 2027-01-14: clients refuse it, unless they pin its key; put a "
                                           "new one there and send SIGHUP"});
  EXPECT_EQ(early->warnings, std::vector{"the certificate " + tree.path("new.pem") +
                                         " is not valid before 2027-01-16: clients refuse it, unless they pin its key; "
                                         "set this machine's clock, or put a new one there and send SIGHUP"});
}

TEST_F(ServerIdentityTest, RenewsItsOwnCertificateNearTheEndAndKeepsThePin) {
  const auto first = load();
  const auto made_at = now;
  for (const auto later : {std::chrono::years(10) - 29 * 24h, std::chrono::years(11) + 0h}) {
    tree.file("state/cert.pem", first->cert_pem);
    now = made_at + std::chrono::floor<std::chrono::seconds>(later);

    const auto renewed = load();

    ASSERT_TRUE(renewed) << renewed.error();
    EXPECT_EQ(renewed->pin, first->pin);
    EXPECT_GT(quic::read_promise(renewed->cert_pem)->not_after, now + std::chrono::years(9));
    EXPECT_EQ(renewed->cert_pem, tree.text("state/cert.pem"));
    EXPECT_EQ(renewed->warnings, None());
  }
}

TEST_F(ServerIdentityTest, RenewsItsOwnCertificateFromADayWhenTheClockWasAhead) {
  const auto first = load();
  now -= 10 * 24h;

  const auto renewed = load();

  ASSERT_TRUE(renewed) << renewed.error();
  EXPECT_EQ(renewed->pin, first->pin);
  EXPECT_LT(quic::read_promise(renewed->cert_pem)->not_before, now);
}

TEST_F(ServerIdentityTest, IsNotRenewedBeforeItIsTime) {
  const auto first = load();
  now += std::chrono::floor<std::chrono::seconds>(std::chrono::years(10) - 31 * 24h);

  EXPECT_EQ(load()->cert_pem, first->cert_pem);
}

TEST(MachineNames, HoldLocalhostAndLoopbackOnceAndFitACertificate) {
  const MachineNames machine = read_machine_names();

  EXPECT_EQ(machine.names.front(), "localhost");
  EXPECT_EQ(std::ranges::count(machine.ips, *parse_ip("127.0.0.1")), 1);
  EXPECT_EQ(std::ranges::count(machine.ips, *parse_ip("::1")), 1);
  EXPECT_LE(machine.ips.size(), 32);
  EXPECT_TRUE(quic::make_self_signed(quic::KeyKind::kEcdsaP256, {machine.names, machine.ips, {}, {}}));
}

}  // namespace
}  // namespace torq::app
