// SPDX-License-Identifier: MIT
#include "torq/files/file_tree.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "torq/files/file_name.hpp"

namespace torq::files {
namespace {

/// Keeps the smallest of the names it is given, in a heap with the largest on top: a folder of millions costs no more
/// memory than one of `limit`.
class SmallestNames {
 public:
  explicit SmallestNames(std::size_t limit) : limit_(limit) {}

  /// Whether `name` would change anything. Once some name is known to be left out, a larger one says nothing new.
  bool wants(std::string_view name) const { return !truncated_ || (!heap_.empty() && name < heap_.front()); }

  void add(std::string_view name) {
    heap_.emplace_back(name);
    std::ranges::push_heap(heap_);
    if (heap_.size() <= limit_) return;
    std::ranges::pop_heap(heap_);
    heap_.pop_back();
    truncated_ = true;
  }

  bool truncated() const { return truncated_; }
  std::vector<std::string> take_sorted() {
    std::ranges::sort_heap(heap_);
    return std::move(heap_);
  }

 private:
  std::size_t limit_;
  std::vector<std::string> heap_;
  bool truncated_ = false;
};

/// Calls `see` with each; the reason when that fails or the folder cannot be read to its end.
template <class See>
Result<void, FileError> for_each_entry(Descriptor folder, const See& see) {
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(folder.get()), close);
  if (!stream) return Failure(FileError::kReadError);
  folder.release();
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    if (const auto seen = see(*entry); !seen) return seen;
  }
  if (errno != 0) return Failure(FileError::kReadError);
  return {};
}

/// `name` is the whole one. A link may still lead to nothing that is listed.
bool may_be_listed(const dirent& entry, std::string_view name) {
  constexpr std::array kTypes = {DT_REG, DT_DIR, DT_LNK, DT_UNKNOWN};
  return std::ranges::find(kTypes, entry.d_type) != kTypes.end() && is_utf8(entry.d_name) && is_file_name(name);
}

std::string prefix_of(std::string_view folder) { return folder.empty() ? "" : std::string(folder) + "/"; }

Result<FolderStamp, FileError> stamp_of(const Descriptor& folder) {
  struct stat status{};
  if (::fstat(folder.get(), &status) != 0) return Failure(FileError::kReadError);
  return FolderStamp{status.st_dev, status.st_ino, status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

/// One folder while it is listed. Entries are looked up by their full names from the root: a link may leave the folder
/// but not the root.
class Lister {
 public:
  Lister(const Descriptor& root, std::string_view folder, std::size_t max_entries, std::string_view after)
      : root_(root), prefix_(prefix_of(folder)), after_(after), names_(max_entries) {}

  /// Shows each entry of `folder` to the names; the reason when the folder cannot be read to its end.
  Result<void, FileError> scan(Descriptor folder);
  Result<Listing, FileError> finish();

 private:
  Result<bool, FileError> is_listable(const dirent& entry) const;

  const Descriptor& root_;
  std::string prefix_;
  std::string_view after_;
  SmallestNames names_;
};

Result<void, FileError> Lister::scan(Descriptor folder) {
  return for_each_entry(std::move(folder), [this](const dirent& entry) -> Result<void, FileError> {
    if (entry.d_name <= after_ || !names_.wants(entry.d_name)) return {};
    const auto listable = is_listable(entry);
    if (!listable) return Failure(listable.error());
    if (*listable) names_.add(entry.d_name);
    return {};
  });
}

Result<bool, FileError> Lister::is_listable(const dirent& entry) const {
  const std::string name = prefix_ + entry.d_name;
  if (!may_be_listed(entry, name)) return false;
  if (entry.d_type == DT_REG || entry.d_type == DT_DIR) return true;
  const auto found = look_beneath(root_, name);
  if (!found && found.error() == FileError::kReadError) return Failure(found.error());
  return found.has_value();
}

Result<Listing, FileError> Lister::finish() {
  Listing listing{.entries = {}, .truncated = names_.truncated()};
  for (std::string& name : names_.take_sorted()) {
    const auto found = look_beneath(root_, prefix_ + name);
    if (found) {
      listing.entries.push_back({std::move(name), *found});
    } else if (found.error() == FileError::kReadError) {
      return Failure(found.error());  // rather than a listing that lacks what is there
    }
  }
  return listing;
}

}  // namespace

Result<FileTree, SystemError> FileTree::at(const std::string& path) {
  auto root = open_root(path);
  if (!root) return Failure(root.error());
  return FileTree(*std::move(root));
}

Result<File, FileError> FileTree::open(std::string_view name) const {
  if (!is_file_name(name)) return Failure(FileError::kNotFound);
  const std::string terminated(name);
  const auto found = look_beneath(root_, terminated);
  if (!found) return Failure(found.error());
  if (found->type != Found::Type::kFile) return Failure(FileError::kNotFound);
  return open_file_beneath(root_, terminated);
}

Result<Descriptor, FileError> FileTree::open_folder(std::string_view folder) const {
  if (!folder.empty() && !is_file_name(folder)) return Failure(FileError::kNotFound);
  return open_folder_beneath(root_, folder.empty() ? "." : std::string(folder));
}

Result<Listing, FileError> FileTree::list(std::string_view folder, std::size_t max_entries,
                                          std::string_view after) const {
  auto opened = open_folder(folder);
  if (!opened) return Failure(opened.error());
  Lister lister(root_, folder, max_entries, after);
  const auto scanned = lister.scan(*std::move(opened));
  if (!scanned) return Failure(scanned.error());
  return lister.finish();
}

Result<FolderStamp, FileError> FileTree::stamp(std::string_view folder) const {
  const auto opened = open_folder(folder);
  if (!opened) return Failure(opened.error());
  return stamp_of(*opened);
}

// The stamp is taken first: what changes during the scan shows in the next one.
Result<FolderNames, FileError> FileTree::names(std::string_view folder, std::size_t max_bytes) const {
  auto opened = open_folder(folder);
  if (!opened) return Failure(opened.error());
  const auto stamp = stamp_of(*opened);
  if (!stamp) return Failure(stamp.error());

  FolderNames names{*stamp, {}, {}, true};
  const std::string prefix = prefix_of(folder);
  const auto scanned = for_each_entry(*std::move(opened), [&](const dirent& entry) -> Result<void, FileError> {
    if (!names.complete || !may_be_listed(entry, prefix + entry.d_name)) return {};
    names.begins.push_back(static_cast<std::uint32_t>(names.text.size()));
    names.text.append(entry.d_name).push_back('\0');
    names.complete = names.text.size() + names.begins.size() * sizeof(std::uint32_t) <= max_bytes;
    return {};
  });
  if (!scanned) return Failure(scanned.error());
  if (!names.complete) return FolderNames{*stamp, {}, {}, false};
  const char* text = names.text.c_str();
  std::ranges::sort(names.begins, [text](auto a, auto b) { return std::strcmp(text + a, text + b) < 0; });
  return names;
}

Result<Listing, FileError> FileTree::page(const FolderNames& names, std::string_view folder, std::size_t max_entries,
                                          std::string_view after) const {
  Listing listing;
  const std::string prefix = prefix_of(folder);
  const auto name_at = [&names](std::uint32_t begin) { return names.name_at(begin); };
  const auto first = std::ranges::upper_bound(names.begins, after, {}, name_at);
  for (auto name = first; name != names.begins.end(); ++name) {
    const auto found = look_beneath(root_, prefix + std::string(names.name_at(*name)));
    if (!found && found.error() == FileError::kReadError) return Failure(found.error());
    if (!found) continue;
    listing.truncated = listing.entries.size() == max_entries;
    if (listing.truncated) break;
    listing.entries.push_back({std::string(names.name_at(*name)), *found});
  }
  return listing;
}

}  // namespace torq::files
