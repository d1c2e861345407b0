// SPDX-License-Identifier: MIT
#pragma once
// A range of a file as the body of a reply, read block by block as the connection drains, so that a file of any size
// costs one block. Belongs to one thread.

#include <cstddef>
#include <cstdint>
#include <string>

#include "torq/files/sparing_file.hpp"
#include "torq/wire/messages.hpp"

namespace torq::web {

class FileBody {
 public:
  /// `range` lies within the file.
  FileBody(files::SparingFile file, wire::ByteRange range) : file_(std::move(file)), left_(range) {}

  bool done() const { return left_.length == 0; }
  std::uint64_t left() const { return left_.length; }

  /// Appends the next `bytes` of it at most. False: the file could not be read, or its bytes have changed since it was
  /// opened, and the reply cannot be completed.
  [[nodiscard]] bool produce(std::string& out, std::size_t bytes);

  /// The reader pauses.
  void pause() { file_.pause(); }

 private:
  files::SparingFile file_;
  wire::ByteRange left_;
};

}  // namespace torq::web
