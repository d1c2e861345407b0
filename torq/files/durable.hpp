// SPDX-License-Identifier: MIT
#pragma once
// The two steps that everybody who writes files would else get wrong: all of the bytes, and a name that survives a
// power cut. errno tells why it failed. Stateless; any thread.

#include "torq/base/bytes.hpp"

namespace torq::files {

/// Goes on after short writes and signals.
[[nodiscard]] bool write_all(int fd, Bytes bytes);

/// After a rename in it. Some network file systems have no such thing and answer EINVAL, which is no failure.
[[nodiscard]] bool sync_folder(int fd);

}  // namespace torq::files
