// SPDX-License-Identifier: MIT
#pragma once
// The files that `torq verify` holds a server's against: finding them, and comparing one with what arrives, without
// keeping either.

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "torq/client/file_sink.hpp"
#include "torq/files/descriptor.hpp"
#include "torq/files/sha256.hpp"

namespace torq::app {

/// All that is below `folder` and no folder, as names with slashes, sorted. Links to folders are not followed. What is
/// no file, or a link to nowhere, is among them: Reference::open() says so. The error is for people.
Result<std::vector<std::string>, std::string> find_files(const std::string& folder);

/// Reads its own file in step with what comes. Opened on the main thread, then used on the client's thread, and after
/// the request's completion on the main thread again.
class Reference final : public client::FileSink {
 public:
  explicit Reference(std::string path) : path_(std::move(path)) {}

  Result<void, std::string> open();

  Result<void, std::string> begin(std::optional<std::uint64_t> size) override;
  Result<void, std::string> take(Bytes bytes) override;

  /// After all of the server's file has come: nothing when both are the same, else what is not.
  std::optional<std::string> difference(const client::Fetched& fetched);
  /// What came was longer than the file, so take() ended it: how the two differ.
  const std::optional<std::string>& excess() const { return excess_; }

  /// Of the server's file, in this try. Any thread.
  std::uint64_t received() const { return received_; }

 private:
  const std::string path_;
  files::Descriptor file_;
  std::uint64_t size_ = 0;
  std::optional<std::uint64_t> announced_;  // of the server's file, in bytes
  std::optional<std::string> excess_;
  files::Sha256 hash_;  // of as much of it as has come of the server's
  std::atomic<std::uint64_t> received_ = 0;
};

}  // namespace torq::app
