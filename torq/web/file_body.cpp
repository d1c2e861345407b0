// SPDX-License-Identifier: MIT
#include "torq/web/file_body.hpp"

#include <algorithm>

namespace torq::web {

bool FileBody::produce(std::string& out, std::size_t bytes) {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, left_.length));
  const std::size_t start = out.size();
  out.resize(start + wanted);
  if (!file_.read_exactly(left_.offset, std::as_writable_bytes(std::span(out).subspan(start)))) {
    out.resize(start);
    return false;
  }
  left_.offset += wanted;
  left_.length -= wanted;
  return !done() || file_.is_unchanged();
}

}  // namespace torq::web
