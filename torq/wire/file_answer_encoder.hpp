// SPDX-License-Identifier: MIT
#pragma once
// Encodes a file as a JSON list of numbers, block by block, so that no answer is ever held whole:
//
//   {"data":[72,101,108],"filename":"hello_world.txt","size":3}
//   `--head-´`--blocks-´`----------------tail----------------´
//
// Pure. One encoder encodes one answer: head once, blocks in any number and size, tail once.

#include <cstddef>
#include <string>

#include "torq/base/bytes.hpp"
#include "torq/wire/messages.hpp"

namespace torq::wire {

class FileAnswerEncoder {
 public:
  /// The most that a block of `bytes` bytes can become: three digits and a comma each.
  static constexpr std::size_t encoded_bound(std::size_t bytes) { return 4 * bytes; }

  void append_head(std::string& out);
  void append_block(std::string& out, Bytes block);
  void append_tail(std::string& out, const FileAnswer& answer);

 private:
  bool any_ = false;  // a number was written, so the next one needs a comma
};

}  // namespace torq::wire
