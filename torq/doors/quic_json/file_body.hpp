// SPDX-License-Identifier: MIT
#pragma once
// The bytes of a file answer, made block by block as the stream drains, so that an answer of any size costs one block.

#include <cstdint>
#include <span>
#include <string>

#include "torq/files/sparing_file.hpp"
#include "torq/wire/file_answer_encoder.hpp"
#include "torq/wire/messages.hpp"

namespace torq::doors::quic_json {

class FileBody {
 public:
  /// `range` lies within the file.
  FileBody(files::SparingFile file, const wire::FileRequest& request, wire::ByteRange range);

  bool done() const { return done_; }

  /// Appends the next block of the answer, made of at most `bytes` bytes of the file. False: the file could not be
  /// read, or its bytes have changed since it was opened, and the answer cannot be completed.
  [[nodiscard]] bool produce(std::string& out, std::size_t bytes);

  /// What is left are bytes of the file as they are: read_into() will do, and costs no copy.
  bool is_plain() const { return raw_ && begun_; }
  std::size_t bytes_left() const { return static_cast<std::size_t>(range_.length - produced_); }
  /// Fills `out`, which is no larger than bytes_left(). False as with produce().
  [[nodiscard]] bool read_into(std::span<std::byte> out);

  void pause() { file_.pause(); }

 private:
  void append_head(std::string& out);

  files::SparingFile file_;
  wire::ByteRange range_;
  bool raw_;
  bool tells_range_;  // the request named one
  wire::FileAnswerEncoder numbers_;
  std::uint64_t produced_ = 0;
  bool begun_ = false;
  bool done_ = false;
};

}  // namespace torq::doors::quic_json
