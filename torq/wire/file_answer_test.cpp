// SPDX-License-Identifier: MIT
// A file as a list of numbers, from both ends. Single examples are in tests/vectors.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "torq/wire/file_answer_encoder.hpp"
#include "torq/wire/file_answer_reader.hpp"
#include "torq/wire/vectors_test.hpp"

namespace torq::wire {
namespace {

std::string encode(std::string_view data, std::string_view name, std::size_t block) {
  FileAnswerEncoder encoder;
  std::string out;
  encoder.append_head(out);
  for (std::size_t at = 0; at < data.size(); at += block) {
    const std::size_t before = out.size();
    const std::string_view part = data.substr(at, block);
    encoder.append_block(out, as_bytes(part));
    EXPECT_LE(out.size() - before, FileAnswerEncoder::encoded_bound(part.size()));
  }
  encoder.append_tail(out, {std::string(name), data.size(), std::nullopt});
  return out;
}

struct Read {
  std::string data;
  Result<FileAnswer, AnswerError> answer;

  bool operator==(const Read&) const = default;
};

/// Feeds the whole answer in chunks, also after a failure.
Read read(std::string_view wire, std::size_t chunk, FileAnswerLimits limits = {}) {
  FileAnswerReader reader(limits);
  std::string data;
  for (std::size_t at = 0; at < wire.size(); at += chunk) {
    if (const auto bytes = reader.feed(as_bytes(wire.substr(at, chunk)))) data += as_text(*bytes);
  }
  return {data, reader.finish()};
}

std::string fault_of(const Read& read) {
  const auto* malformed = read.answer ? nullptr : std::get_if<MalformedAnswer>(&read.answer.error());
  return malformed ? malformed->text : "no fault";
}

std::string sample(std::size_t size) {
  std::string data(size, '\0');
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<char>(i * 37 % 256);
  return data;
}

TEST(FileAnswer, IsTheSameInBlocksOfEverySize) {
  const std::string data = sample(300);
  const std::string whole = encode(data, "a", data.size());

  for (std::size_t block = 1; block < data.size(); ++block) ASSERT_EQ(encode(data, "a", block), whole);
  EXPECT_EQ(read(whole, whole.size()).data, data);
}

TEST(FileAnswer, IsReadTheSameInChunksOfEverySize) {
  for (const char* file : {"file_answers.jsonl", "refused_answers.jsonl"}) {
    for (const Json& vector : read_vectors(file)) {
      if (vector.value("kind", "file") != "file") continue;
      const std::string wire = wire_of(vector);
      const Read whole = read(wire, wire.size() + 1);
      for (std::size_t chunk = 1; chunk <= wire.size(); ++chunk) {
        ASSERT_EQ(read(wire, chunk).answer, whole.answer) << vector["name"] << chunk;
        if (whole.answer) {
          ASSERT_EQ(read(wire, chunk).data, whole.data);
        }
      }
    }
  }
}

TEST(FileAnswer, GivesEveryByteAsSoonAsItsNumberIsComplete) {
  FileAnswerReader reader;
  const auto feed = [&reader](std::string_view chunk) { return std::string(as_text(*reader.feed(as_bytes(chunk)))); };

  EXPECT_EQ(feed(R"({"data":[7)"), "");
  EXPECT_EQ(feed("2,10"), "H");
  EXPECT_EQ(feed("1"), "");
  EXPECT_EQ(feed("]"), "e");
}

TEST(FileAnswer, IsRefusedWhenItIsCutAnywhere) {
  const std::string wire = encode("Hello", "a", 5);
  for (std::size_t size = 0; size < wire.size(); ++size) {
    ASSERT_EQ(fault_of(read(wire.substr(0, size), 3)), "the answer ended early") << size;
  }
}

TEST(FileAnswer, IsRefusedBeyondTheLimitAndGivesNoByteOfThatChunk) {
  FileAnswerLimits limits;
  limits.max_file_bytes = 4;

  EXPECT_TRUE(read(encode("1234", "a", 9), 100, limits).answer);
  const Read longer = read(encode("12345", "a", 9), 100, limits);

  EXPECT_EQ(fault_of(longer), "data is longer than 4 bytes");
  EXPECT_EQ(longer.data, "");
}

TEST(FileAnswer, IsRefusedWhenItIsMostlyWhiteSpace) {
  const auto answer = [](std::string_view numbers, std::size_t spaces) {
    return R"({"data":[)" + std::string(numbers) + std::string(spaces, ' ') + R"(],"filename":"a","size":)" +
           std::to_string((numbers.size() + 1) / 2) + "}";
  };
  std::string many = "1";
  for (int i = 0; i < 100'000; ++i) many += ",1";

  EXPECT_EQ(fault_of(read(answer("", 2 << 20), 65536)), "the answer is too long for the file");
  EXPECT_TRUE(read(answer("", 1'000'000), 65536).answer);
  EXPECT_TRUE(read(answer(many, 2 << 20), 65536).answer);
}

TEST(FileAnswer, IsRefusedWhenATextIsLongerThanTheLimit) {
  FileAnswerLimits limits;
  limits.max_text_bytes = 10;
  const auto named = [&limits](std::size_t bytes) { return read(encode("", std::string(bytes, 'x'), 1), 3, limits); };

  EXPECT_TRUE(named(10).answer);
  EXPECT_EQ(fault_of(named(11)), "filename is no text");
  const std::string long_text(11, 'x');
  EXPECT_TRUE(read(R"({"y":")" + long_text + R"(","data":[],"filename":"a","size":0})", 3, limits).answer);
  EXPECT_EQ(fault_of(read("{\"" + long_text + R"(":0,"data":[],"filename":"a","size":0})", 3, limits)),
            "the answer is not JSON");
  EXPECT_EQ(fault_of(read(R"({"y":)" + std::string(11, '1') + R"(,"data":[],"filename":"a","size":0})", 3, limits)),
            "the answer is not JSON");
}

TEST(FileAnswer, StaysRefusedWhateverComesLater) {
  FileAnswerReader reader;

  ASSERT_FALSE(reader.feed(as_bytes(R"({"data":[256)")));

  EXPECT_FALSE(reader.feed(as_bytes(R"(],"filename":"a","size":1})")));
  EXPECT_FALSE(reader.finish());
}

TEST(FileAnswer, IsRefusedWhenTheNameIsNotUtf8) {
  EXPECT_EQ(fault_of(read("{\"data\":[],\"filename\":\"\xff\",\"size\":0}", 100)), "filename is no text");
}

}  // namespace
}  // namespace torq::wire
