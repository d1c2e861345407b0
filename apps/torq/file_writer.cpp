// SPDX-License-Identifier: MIT
#include "apps/torq/file_writer.hpp"

#include <utility>

namespace torq::app {
namespace {

Result<void, std::string> in_words(const Result<void, files::SystemError>& result) {
  if (result) return {};
  return Failure(to_string(result.error()));
}

}  // namespace

Result<void, std::string> FileWriter::begin(std::optional<std::uint64_t>) {
  file_.reset();
  auto file = files::AtomicFile::create(path_);
  if (!file) return Failure(to_string(file.error()));
  file_.emplace(std::move(*file));
  return {};
}

Result<void, std::string> FileWriter::take(Bytes bytes) { return in_words(file_->append(bytes)); }

Result<void, std::string> FileWriter::commit() { return in_words(file_->commit()); }

}  // namespace torq::app
