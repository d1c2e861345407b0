// SPDX-License-Identifier: MIT
#pragma once
// The bytes of a file answer, made block by block as the stream drains, so that an answer of any size costs one block.
// While its reader pauses it can give its descriptor back, so that readers who never come back keep no file from
// others.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "torq/files/file_tree.hpp"
#include "torq/wire/file_answer_encoder.hpp"
#include "torq/wire/messages.hpp"

namespace torq::doors::quic_json {

/// An open file, and one more in its worker's number of them.
class CountedFile {
 public:
  CountedFile(files::File file, std::size_t& open) : file_(std::move(file)), open_(&open) { ++open; }
  CountedFile(CountedFile&& other) noexcept
      : file_(std::move(other.file_)), open_(std::exchange(other.open_, nullptr)) {}
  CountedFile& operator=(CountedFile&&) = delete;
  ~CountedFile() {
    if (open_ != nullptr) --*open_;
  }

  const files::File& operator*() const { return file_; }
  const files::File* operator->() const { return &file_; }

 private:
  files::File file_;
  std::size_t* open_;
};

class FileBody {
 public:
  /// `range` lies within the file, which was opened by the name in `request`. `files` and `open`, the number of open
  /// files, must outlive the body.
  FileBody(const files::FileTree& files, files::File file, std::size_t& open, const wire::FileRequest& request,
           wire::ByteRange range);

  bool done() const { return done_; }

  /// Appends the next block of the answer, made of at most `bytes` bytes of the file. False: the file could not be read
  /// or has shrunk since it was opened, and the answer cannot be completed.
  [[nodiscard]] bool produce(std::string& out, std::size_t bytes);

  /// What is left are bytes of the file as they are: read_into() will do, and costs no copy.
  bool is_plain() const { return raw_ && begun_; }
  std::size_t bytes_left() const { return static_cast<std::size_t>(range_.length - produced_); }
  /// Fills `out`, which is no larger than bytes_left(). False as with produce().
  [[nodiscard]] bool read_into(std::span<std::byte> out);

  /// The reader pauses. With many files open this one is closed; the next produce() opens it again, and fails if the
  /// name then means another file.
  void pause();

 private:
  bool reopen();
  void append_head(std::string& out);

  const files::FileTree& files_;
  std::size_t& open_;
  std::optional<CountedFile> file_;
  std::optional<files::FileId> id_;  // of the one that was closed
  std::uint64_t size_;
  std::string name_;
  wire::ByteRange range_;
  bool raw_;
  bool tells_range_;  // the request named one
  wire::FileAnswerEncoder numbers_;
  std::uint64_t produced_ = 0;
  bool begun_ = false;
  bool done_ = false;
};

}  // namespace torq::doors::quic_json
