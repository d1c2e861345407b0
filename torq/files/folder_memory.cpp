// SPDX-License-Identifier: MIT
#include "torq/files/folder_memory.hpp"

#include <algorithm>

namespace torq::files {

Result<Listing, FileError> FolderMemory::list(Instant now, std::string_view folder, std::size_t max_entries,
                                              std::string_view after) {
  const auto stamp = tree_.stamp(folder);
  if (!stamp) return Failure(stamp.error());
  if (const FolderNames* names = find(now, folder, *stamp)) return tree_.page(*names, folder, max_entries, after);

  ++scans_;
  auto names = tree_.names(folder, limits_.bytes);
  if (!names) return Failure(names.error());
  if (!names->complete) return tree_.list(folder, max_entries, after);
  auto listing = tree_.page(*names, folder, max_entries, after);
  if (listing && names->size() >= limits_.worth) {
    folders_.push_front({std::string(folder), now, std::move(*names)});
    if (folders_.size() > limits_.folders) folders_.pop_back();
  }
  return listing;
}

const FolderNames* FolderMemory::find(Instant now, std::string_view folder, const FolderStamp& stamp) {
  std::erase_if(folders_, [&](const Remembered& known) {
    return now - known.made >= limits_.age || (known.folder == folder && known.names.stamp != stamp);
  });
  const auto known = std::ranges::find(folders_, folder, &Remembered::folder);
  if (known == folders_.end()) return nullptr;
  folders_.splice(folders_.begin(), folders_, known);
  return &folders_.front().names;
}

}  // namespace torq::files
