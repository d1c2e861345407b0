// SPDX-License-Identifier: MIT
#pragma once
// A download on its way to disk. Until all of it is there and checked it is NAME.torq-part, beside the file that it
// will be; then it is made durable and renamed. When it ends before that, NAME.torq-resume says of which URL it is a
// part and how much of it is certainly on the disk, and a later run goes on from there:
//
//   {"url": "quic://tracker.example/big.iso", "size": 20000000, "bytes": 7340032,
//    "validator": "5f0c6a1d2b7e4f9a8c3d0e1f"}
//
// `validator` is what the server told of the version of its file, if anything. Whether that is still the same is the
// client's to find out (file_prefix.hpp).
//
// The main thread opens, commits, leaves; the client's thread writes in between. Two processes that want the same file
// do not meet: the part is locked.

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "torq/client/file_prefix.hpp"
#include "torq/client/file_sink.hpp"
#include "torq/files/descriptor.hpp"

namespace torq::app {

class PartFile final : public client::FileSink {
 public:
  static constexpr const char* kPartSuffix = ".torq-part";
  static constexpr const char* kRecordSuffix = ".torq-resume";

  /// `url` is what the record is compared with.
  PartFile(std::string target, std::string url);

  // Before the request.

  /// Looks for what an earlier run left of the same URL. The error: it is there and cannot be used.
  Result<void, std::string> open();
  /// Digests the next megabytes of what was left; true when all of it is digested. It is here so that the caller can
  /// look after signals in between.
  Result<bool, std::string> digest_more();
  client::FilePrefix take_prefix() { return std::exchange(held_, {}); }
  /// Some places of it, spread over what is not compared anyway; few bytes, whatever its size.
  std::vector<client::FilePiece> places() const;
  /// Bytes that open() found.
  std::uint64_t found() const { return found_; }

  // While it arrives: FileSink.
  Result<void, std::string> begin(std::optional<std::uint64_t> size) override;
  void note_validator(const std::string& validator) override { validator_ = validator; }
  Result<void, std::string> take(Bytes bytes) override;

  // After the request's completion, one of them.

  /// All of it came: makes it durable and gives it its name.
  Result<void, std::string> commit();
  /// Keeps what a later run can use, and removes what it cannot. True when something was kept.
  bool leave();
  void discard();

  // For watching; any thread.
  std::uint64_t bytes() const { return bytes_; }        ///< here
  std::uint64_t received() const { return received_; }  ///< by this run
  /// 0 while it is not known.
  std::uint64_t size() const { return size_; }

 private:
  Result<void, std::string> lock_part();  // without a lock there is no file_
  Result<void, std::string> try_lock() const;
  Result<void, std::string> check_target() const;
  Result<void, std::string> check_space(std::uint64_t needed) const;
  Result<void, std::string> checkpoint();
  void read_record();
  Failure<std::string> failed(const std::string& operation) const;

  const std::string target_;
  const std::string url_;
  const std::string part_;
  const std::string record_;
  files::Descriptor file_;  // locked
  bool mine_ = false;       // written by this run, or what it goes on from; else what was left of another URL
  client::FilePrefix held_;
  std::uint64_t found_ = 0;
  std::string validator_;
  std::uint64_t checkpointed_ = 0;  // bytes that the record vouches for
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<std::uint64_t> received_ = 0;
  std::atomic<std::uint64_t> size_ = 0;
};

}  // namespace torq::app
