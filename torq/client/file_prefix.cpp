// SPDX-License-Identifier: MIT
#include "torq/client/file_prefix.hpp"

#include <algorithm>

namespace torq::client {

void FilePrefix::append(Bytes bytes) {
  hash_.update(bytes);
  bytes_ += bytes.size();
  const Bytes last = bytes.last(std::min(bytes.size(), kOverlap));
  if (tail_.size() + last.size() > 2 * kOverlap) tail_.erase(0, tail_.size() + last.size() - kOverlap);
  tail_.append(as_text(last));
}

std::string_view FilePrefix::tail() const {
  const std::string_view kept = tail_;
  return kept.substr(kept.size() - std::min(kept.size(), kOverlap));
}

}  // namespace torq::client
