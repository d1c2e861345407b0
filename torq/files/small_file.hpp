// SPDX-License-Identifier: MIT
#pragma once
// Small files read and written whole: certificates, keys, settings. The operator names them, not a peer. Stateless;
// any thread.

#include <cstddef>
#include <string>
#include <string_view>

#include "torq/base/result.hpp"
#include "torq/files/atomic_file.hpp"
#include "torq/files/errors.hpp"

namespace torq::files {

/// All bytes of a file; errc::file_too_large above `max_bytes`. Reads pipes too (`--cert <(…)`), so it may wait.
Result<std::string, SystemError> read_file(const std::string& path, std::size_t max_bytes);

/// As AtomicFile: the old content or the new one, never a mixture.
[[nodiscard]] Result<void, SystemError> write_file(const std::string& path, std::string_view bytes, Mode mode,
                                                   Durability durability = Durability::kFull);

}  // namespace torq::files
