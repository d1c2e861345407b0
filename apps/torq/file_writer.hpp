// SPDX-License-Identifier: MIT
#pragma once
// Takes a download to disk, under a temporary name until all of it is there and checked. The client's thread writes;
// once the client has told the outcome, the main thread commits.

#include <optional>
#include <string>

#include "torq/client/file_sink.hpp"
#include "torq/files/atomic_file.hpp"

namespace torq::app {

class FileWriter final : public client::FileSink {
 public:
  explicit FileWriter(std::string path) : path_(std::move(path)) {}

  Result<void, std::string> begin(std::optional<std::uint64_t> size) override;
  Result<void, std::string> take(Bytes bytes) override;

  /// After the whole file came: makes it durable and gives it its name.
  Result<void, std::string> commit();
  /// Removes what was written.
  void discard() { file_.reset(); }

 private:
  const std::string path_;
  std::optional<files::AtomicFile> file_;
};

}  // namespace torq::app
