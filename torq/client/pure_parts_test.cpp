// SPDX-License-Identifier: MIT
// The parts of the client that need neither loop nor socket.

#include <gtest/gtest.h>

#include "torq/client/backoff.hpp"
#include "torq/client/deadline.hpp"
#include "torq/client/dial.hpp"
#include "torq/client/faults.hpp"
#include "torq/client/raw_answer_reader.hpp"

namespace torq::client {
namespace {

using namespace std::chrono_literals;

SocketAddress at(std::string_view ip) { return {parse_ip(ip).value(), 7001}; }

// Deadline -------------------------------------------------------------------------------------------------------

TEST(Deadline, IsPutOffByProgressAndNotByAByteNowAndThen) {
  const Instant begin{};
  Deadline deadline(begin, 30s, true);

  for (std::size_t i = 1; i < Deadline::kProgress; ++i) deadline.note(begin + 1s, 1);
  EXPECT_EQ(deadline.when(), begin + 30s);

  deadline.note(begin + 20s, 1);
  EXPECT_EQ(deadline.when(), begin + 50s);
  deadline.note(begin + 21s, Deadline::kProgress - 1);
  EXPECT_EQ(deadline.when(), begin + 50s);
}

TEST(Deadline, OfAShortAnswerStandsFromTheRequestOn) {
  Deadline deadline(Instant(), 30s, false);

  deadline.note(Instant() + 1s, 1 << 20);

  EXPECT_EQ(deadline.when(), Instant() + 30s);
}

// Backoff --------------------------------------------------------------------------------------------------------

TEST(Backoff, DoublesUpToTheLongestAndLosesAtMostHalf) {
  Random random(7);
  const BackoffLimits limits{100ms, 1s};
  const std::array<Duration, 7> full = {100ms, 200ms, 400ms, 800ms, 1s, 1s, 1s};
  for (unsigned failures = 1; failures <= full.size(); ++failures) {
    for (int i = 0; i < 200; ++i) {
      const Duration wait = backoff_after(failures, limits, random);
      EXPECT_LE(wait, full[failures - 1]);
      EXPECT_GE(wait, full[failures - 1] / 2);
    }
  }
}

TEST(Backoff, SpreadsThoseWhoFailTogether) {
  Random random(7);
  const BackoffLimits limits{1s, 1s};

  Duration least = 1s;
  Duration most = 0s;
  for (int i = 0; i < 200; ++i) {
    const Duration wait = backoff_after(1, limits, random);
    least = std::min(least, wait);
    most = std::max(most, wait);
  }

  EXPECT_LT(least, 550ms);
  EXPECT_GT(most, 950ms);
}

TEST(Backoff, IsBoundedHoweverOftenItFailed) {
  Random random(7);

  EXPECT_LE(backoff_after(4'000'000'000U, {1ms, 5s}, random), 5s);
}

// Addresses ------------------------------------------------------------------------------------------------------

TEST(OrderOfTrial, TakesFamiliesInTurnBeginningWithTheFirst) {
  const auto ordered =
      in_order_of_trial({at("2001:db8::1"), at("2001:db8::2"), at("2001:db8::3"), at("192.0.2.1"), at("192.0.2.2")});

  EXPECT_EQ(ordered,
            (std::vector{at("2001:db8::1"), at("192.0.2.1"), at("2001:db8::2"), at("192.0.2.2"), at("2001:db8::3")}));
}

TEST(OrderOfTrial, TriesNoAddressTwice) {
  EXPECT_EQ(in_order_of_trial({at("192.0.2.1"), at("192.0.2.1")}), std::vector{at("192.0.2.1")});
}

TEST(OrderOfTrial, StopsAtEight) {
  std::vector<SocketAddress> many;
  for (int i = 0; i < 100; ++i) many.push_back(at("192.0.2." + std::to_string(i)));

  EXPECT_EQ(in_order_of_trial(many).size(), 8U);
}

// Raw answers ----------------------------------------------------------------------------------------------------

constexpr std::string_view kRawAnswer =
    "{\"filename\": \"f\", \"size\": 12, \"offset\": 0, \"length\": 12}\nline 1\nline2";

TEST(RawAnswer, IsTheSameWhateverThePieces) {
  wire::AnswerParser parser;
  for (std::size_t piece = 1; piece <= kRawAnswer.size(); ++piece) {
    RawAnswerReader reader(parser);
    std::string file;
    for (std::size_t at = 0; at < kRawAnswer.size(); at += piece) {
      file += as_text(reader.feed(as_bytes(kRawAnswer.substr(at, piece))).value());
    }

    EXPECT_TRUE(reader.finish());
    EXPECT_EQ(file, "line 1\nline2");
  }
}

TEST(RawAnswer, IsNotWholeWhereverItIsCut) {
  wire::AnswerParser parser;
  for (std::size_t size = 0; size < kRawAnswer.size(); ++size) {
    RawAnswerReader reader(parser);
    const auto fed = reader.feed(as_bytes(kRawAnswer.substr(0, size)));

    EXPECT_TRUE(fed) << size;
    EXPECT_FALSE(reader.finish()) << size;
  }
}

TEST(RawAnswer, IsARefusalWithOrWithoutANewline) {
  const std::string refusal = R"({"error": "no such file", "code": "FILE_NOT_FOUND"})";
  wire::AnswerParser parser;
  RawAnswerReader with(parser);
  RawAnswerReader without(parser);

  EXPECT_EQ(with.feed(as_bytes(refusal + "\n")).error().code, "FILE_NOT_FOUND");
  EXPECT_TRUE(without.feed(as_bytes(refusal)));
  EXPECT_EQ(without.finish().error().code, "FILE_NOT_FOUND");
}

// Words ----------------------------------------------------------------------------------------------------------

TEST(Tame, LeavesNothingThatATerminalObeys) {
  EXPECT_EQ(tame("a\x1b[2Jb\r\nc\x7f"), "a?[2Jb??c?");
  EXPECT_EQ(tame("C1: \xc2\x9b"
                 "31m, no C1: \xc2\xa0\xc3\xa9"),
            "C1: ?31m, no C1: \xc2\xa0\xc3\xa9");
  EXPECT_EQ(tame(std::string_view("\0", 1)), "?");
  EXPECT_EQ(tame("\x9b"
                 "2J, \xc3"),
            "?2J, ?");
}

TEST(Tame, LeavesNothingThatMovesOtherText) {
  EXPECT_EQ(tame("cod\u202egpj.exe"), "cod?gpj.exe");
  EXPECT_EQ(tame("\u2028\u202a\u2066\u2069"), "????");
  EXPECT_EQ(tame("\u200e\u2027\u202f\u2065\u206a\u05d0"), "\u200e\u2027\u202f\u2065\u206a\u05d0");
}

TEST(Tame, CutsBetweenCharacters) {
  EXPECT_EQ(tame("abc", 2), "ab");
  EXPECT_EQ(tame("a\xc3\xa9z", 2), "a");
  EXPECT_EQ(tame("a\xc3\xa9z", 3), "a\xc3\xa9");
  EXPECT_EQ(tame("\xf0\x9f\x98\x80z", 3), "");
  EXPECT_EQ(tame("\xf0\x9f\x98\x80", 4), "\xf0\x9f\x98\x80");
}

TEST(Faults, AreRetriedWhenTheServerMayBeBack) {
  using quic::CloseKind;
  EXPECT_TRUE(fault_of_dial({CloseKind::kHandshakeTimeout, 0, "", ""}).worth_retry);
  EXPECT_TRUE(fault_of_dial({CloseKind::kPeerTransport, 2, "", ""}).worth_retry);
  EXPECT_FALSE(fault_of_dial({CloseKind::kPeerTransport, quic::kNoApplicationProtocol, "", ""}).worth_retry);
  EXPECT_FALSE(fault_of_dial({CloseKind::kCertificateRefused, 0, "", ""}).worth_retry);
  EXPECT_FALSE(fault_of_dial({CloseKind::kVersionRefused, 0, "", ""}).worth_retry);
  EXPECT_TRUE(fault_of_loss({CloseKind::kIdle, 0, "", ""}).worth_retry);
  EXPECT_TRUE(fault_of_loss({CloseKind::kStatelessReset, 0, "", ""}).worth_retry);
  EXPECT_TRUE(fault_of_loss({CloseKind::kPeerTransport, 0, "", ""}).worth_retry);
  EXPECT_TRUE(fault_of_loss({CloseKind::kPeerApplication, 0x100, "", ""}).worth_retry);
  EXPECT_FALSE(fault_of_loss({CloseKind::kPeerApplication, 9, "", ""}).worth_retry);
  EXPECT_FALSE(fault_of_loss({CloseKind::kProtocolViolation, 10, "", ""}).worth_retry);
}

TEST(Faults, SayWhichProtocolIsMissing) {
  const Error error = fault_of_dial({quic::CloseKind::kPeerTransport, quic::kNoApplicationProtocol, "", ""}).error;

  EXPECT_EQ(error.kind, ErrorKind::kIncompatible);
  EXPECT_NE(error.message.find("ALPN h3"), std::string::npos);
}

}  // namespace
}  // namespace torq::client
