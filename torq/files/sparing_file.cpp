// SPDX-License-Identifier: MIT
#include "torq/files/sparing_file.hpp"

namespace torq::files {

namespace {

// Reads are as small as a packet where a peer is slow, and a look costs nearly as much as such a read.
constexpr std::size_t kBetweenLooks = std::size_t{64} * 1024;

}  // namespace

SparingFile::SparingFile(const FileTree& tree, File file, std::string name, std::size_t& open)
    : tree_(&tree), open_(&open), file_(std::move(file)), name_(std::move(name)), size_(file_->size()) {
  ++*open_;
  if (const auto stamp = file_->stamp(); stamp && stamp->size == size_) stamp_ = *stamp;
}

SparingFile::SparingFile(SparingFile&& other) noexcept
    : tree_(other.tree_),
      open_(other.open_),
      file_(std::exchange(other.file_, std::nullopt)),
      name_(std::move(other.name_)),
      size_(other.size_),
      stamp_(other.stamp_),
      unchecked_(other.unchecked_) {}

SparingFile& SparingFile::operator=(SparingFile&& other) noexcept {
  close();
  tree_ = other.tree_;
  open_ = other.open_;
  file_ = std::exchange(other.file_, std::nullopt);
  name_ = std::move(other.name_);
  size_ = other.size_;
  stamp_ = other.stamp_;
  unchecked_ = other.unchecked_;
  return *this;
}

bool SparingFile::read_exactly(std::uint64_t offset, std::span<std::byte> out) {
  if (!file_ && !reopen()) return false;
  const auto got = file_->read_at(offset, out);
  if (!got || *got != out.size()) return false;
  unchecked_ += out.size();
  return unchecked_ < kBetweenLooks || is_unchanged();
}

// After the read: a look before it says nothing of a change in between.
bool SparingFile::is_unchanged() {
  if (!file_ && !reopen()) return false;
  unchecked_ = 0;
  const auto now = file_->stamp();
  return now && stamp_ && !stamp_->has_other_bytes(*now);
}

void SparingFile::pause() {
  constexpr std::size_t kKeptOpen = 64;
  if (file_ && *open_ > kKeptOpen) close();
}

bool SparingFile::reopen() {
  auto file = tree_->open(name_);
  if (!file) return false;
  const auto stamp = file->stamp();
  if (!stamp || !stamp_ || stamp->id != stamp_->id) return false;
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
