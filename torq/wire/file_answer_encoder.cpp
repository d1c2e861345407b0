// SPDX-License-Identifier: MIT
#include "torq/wire/file_answer_encoder.hpp"

#include <cstring>

#include "torq/wire/json_text.hpp"

namespace torq::wire {
namespace {

/// A number with its comma in front: what the inner loop copies.
struct Item {
  std::array<char, 4> text{','};
  std::uint8_t length = 0;
};

constexpr std::array<Item, 256> make_items() {
  std::array<Item, 256> items{};
  for (std::size_t value = 0; value < items.size(); ++value) {
    const DecimalByte& number = kDecimalBytes[value];
    for (std::size_t i = 0; i < number.length; ++i) items[value].text[i + 1] = number.text[i];
    items[value].length = static_cast<std::uint8_t>(number.length + 1);
  }
  return items;
}

constexpr std::array<Item, 256> kItems = make_items();

}  // namespace

void FileAnswerEncoder::append_head(std::string& out) { out += R"({"data":[)"; }

void FileAnswerEncoder::append_block(std::string& out, Bytes block) {
  if (block.empty()) return;
  if (!any_) {
    any_ = true;
    const DecimalByte& first = kDecimalBytes[std::to_integer<std::size_t>(block.front())];
    out.append(first.text.data(), first.length);
    block = block.subspan(1);
  }
  const std::size_t start = out.size();
  out.resize(start + encoded_bound(block.size()));
  char* at = out.data() + start;
  for (const std::byte b : block) {
    const Item& item = kItems[std::to_integer<std::size_t>(b)];
    std::memcpy(at, item.text.data(), item.text.size());
    at += item.length;
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
}

void FileAnswerEncoder::append_tail(std::string& out, const FileAnswer& answer) {
  out += R"(],"filename":)";
  append_json_text(out, answer.filename);
  out += R"(,"size":)";
  append_number(out, answer.size);
  if (answer.range) {
    out += R"(,"offset":)";
    append_number(out, answer.range->offset);
    out += R"(,"length":)";
    append_number(out, answer.range->length);
  }
  out += '}';
}

}  // namespace torq::wire
