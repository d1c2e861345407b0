// SPDX-License-Identifier: MIT
#pragma once
// Decodes a file that is sent as a JSON list of numbers while it arrives: chunks of any size in, the file's bytes out.
// Holds no more than one chunk's bytes and the short members, and gives up in time, whatever a hostile server sends.
// Members may come in any order, with any white space; an error object is recognised. One reader reads one answer and
// belongs to one thread. Specification: docs/wire.md, "File".

#include <cstddef>
#include <cstdint>
#include <memory>

#include "torq/base/bytes.hpp"
#include "torq/base/result.hpp"
#include "torq/wire/answer_parser.hpp"
#include "torq/wire/messages.hpp"

namespace torq::wire {

struct FileAnswerLimits {
  std::uint64_t max_file_bytes = std::uint64_t{64} * 1024 * 1024;
  std::size_t max_text_bytes = std::size_t{64} * 1024;  ///< of a file name, a code or an error text
};

class FileAnswerReader {
 public:
  explicit FileAnswerReader(const FileAnswerLimits& limits = {});
  FileAnswerReader(FileAnswerReader&&) noexcept;
  FileAnswerReader& operator=(FileAnswerReader&&) noexcept;
  ~FileAnswerReader();

  /// The bytes of the file that this chunk completed, valid until the next call. A failure is final.
  Result<Bytes, AnswerError> feed(Bytes chunk);

  /// After the last chunk: the answer was whole, and as long as it says.
  Result<FileAnswer, AnswerError> finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace torq::wire
