// SPDX-License-Identifier: MIT
#include "torq/quic/send_buffer.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>

namespace torq::quic {
namespace {

std::string unsent_text(const SendBuffer& buffer) {
  std::array<Bytes, 512> blocks;
  std::string text;
  for (std::size_t i = 0, n = buffer.unsent_blocks(blocks); i < n; ++i) text += as_text(blocks[i]);
  return text;
}

std::string numbers(std::size_t from, std::size_t count) {
  std::string text;
  for (std::size_t i = from; i < from + count; ++i) text.push_back(static_cast<char>(i * 131 % 251));
  return text;
}

TEST(SendBuffer, KeepsBytesInPlaceFromWriteToAcknowledgement) {
  SendBuffer buffer;
  buffer.append(as_bytes(numbers(0, 100)));
  std::array<Bytes, 1> first;
  ASSERT_EQ(buffer.unsent_blocks(first), 1U);
  buffer.advance(100);

  for (std::size_t i = 1; i < 200; ++i) buffer.append(as_bytes(numbers(i * 100, 100)));

  EXPECT_EQ(as_text(first[0]), numbers(0, 100));
}

TEST(SendBuffer, SendsWhatWasFilledInPlaceInItsTurn) {
  SendBuffer buffer;
  buffer.append(as_bytes(numbers(0, 300)));

  const auto space = buffer.prepare(500);
  const std::string more = numbers(300, space.size());
  std::ranges::copy(as_bytes(more), space.begin());
  EXPECT_EQ(unsent_text(buffer), numbers(0, 300));
  buffer.commit(space.size() / 2);

  EXPECT_EQ(unsent_text(buffer), numbers(0, 300 + space.size() / 2));
}

TEST(SendBuffer, ReleasesWhatIsAcknowledgedOnce) {
  SendBuffer buffer;
  buffer.append(as_bytes(numbers(0, 40'000)));
  buffer.advance(30'000);

  EXPECT_EQ(buffer.release(10'000), 10'000U);
  EXPECT_EQ(buffer.release(10'000), 0U);
  EXPECT_EQ(buffer.release(5'000), 0U);
  EXPECT_EQ(buffer.release(30'000), 20'000U);

  EXPECT_EQ(buffer.unacknowledged(), 0U);
  EXPECT_EQ(unsent_text(buffer), numbers(30'000, 10'000));
}

TEST(SendBuffer, ClearsToNothingAndGoesOn) {
  SendBuffer buffer;
  buffer.append(as_bytes(numbers(0, 1000)));
  buffer.advance(600);
  buffer.release(100);

  EXPECT_EQ(buffer.clear(), 900U);

  EXPECT_EQ(buffer.unsent(), 0U);
  EXPECT_EQ(buffer.unacknowledged(), 0U);
}

// The model is a text and three offsets into it.
RC_GTEST_PROP(SendBuffer, BehavesAsAWindowOnAText, ()) {
  SendBuffer buffer;
  std::string text;
  std::size_t sent = 0;
  std::size_t released = 0;
  const auto steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    switch (*rc::gen::inRange(0, 3)) {
      case 0: {
        // From one byte to several blocks.
        const auto size =
            *rc::gen::oneOf(rc::gen::inRange<std::size_t>(0, 300), rc::gen::inRange<std::size_t>(0, 60'000));
        const std::string more = numbers(text.size(), size);
        buffer.append(as_bytes(more));
        text += more;
        break;
      }
      case 1: {
        const auto n = *rc::gen::inRange<std::size_t>(0, text.size() - sent + 1);
        buffer.advance(n);
        sent += n;
        break;
      }
      default: {
        const auto end = *rc::gen::inRange<std::size_t>(0, sent + 1);
        const std::size_t before = released;
        released = std::max(released, end);
        RC_ASSERT(buffer.release(end) == released - before);
        break;
      }
    }
    RC_ASSERT(buffer.unsent() == text.size() - sent);
    RC_ASSERT(buffer.unacknowledged() == sent - released);
    RC_ASSERT(unsent_text(buffer) == text.substr(sent));
  }
}

}  // namespace
}  // namespace torq::quic
