// SPDX-License-Identifier: MIT
#include "torq/files/sparing_file.hpp"

namespace torq::files {

SparingFile::SparingFile(const FileTree& tree, File file, std::string name, std::size_t& open)
    : tree_(&tree), open_(&open), file_(std::move(file)), name_(std::move(name)), size_(file_->size()) {
  ++*open_;
}

SparingFile::SparingFile(SparingFile&& other) noexcept
    : tree_(other.tree_),
      open_(other.open_),
      file_(std::exchange(other.file_, std::nullopt)),
      id_(other.id_),
      name_(std::move(other.name_)),
      size_(other.size_) {}

SparingFile& SparingFile::operator=(SparingFile&& other) noexcept {
  close();
  tree_ = other.tree_;
  open_ = other.open_;
  file_ = std::exchange(other.file_, std::nullopt);
  id_ = other.id_;
  name_ = std::move(other.name_);
  size_ = other.size_;
  return *this;
}

bool SparingFile::read_exactly(std::uint64_t offset, std::span<std::byte> out) {
  if (!file_ && !reopen()) return false;
  const auto got = file_->read_at(offset, out);
  return got && *got == out.size();
}

void SparingFile::pause() {
  constexpr std::size_t kKeptOpen = 64;
  if (!file_ || *open_ <= kKeptOpen) return;
  const auto id = file_->id();
  if (!id) return;
  id_ = *id;
  close();
}

bool SparingFile::reopen() {
  auto file = tree_->open(name_);
  if (!file) return false;
  const auto id = file->id();
  if (!id || *id != id_) return false;
  file_ = std::move(*file);
  ++*open_;
  return true;
}

void SparingFile::close() {
  if (!file_) return;
  file_.reset();
  --*open_;
}

}  // namespace torq::files
