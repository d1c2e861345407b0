// SPDX-License-Identifier: MIT
#pragma once
// Writing to a descriptor that others gave us (standard output, standard error) without ever waiting longer than we
// chose: its reader may have stopped, or gone. Such a descriptor is shared with other processes, so it is not made
// non-blocking. Any thread; the process must ignore SIGPIPE.

#include <chrono>
#include <string_view>

namespace torq::app {

/// False when not all of `text` was taken by then: the rest is not written.
bool write_in_time(int descriptor, std::string_view text, std::chrono::steady_clock::time_point deadline);

/// Opens what is closed of the standard descriptors in a way in which their use fails, so that no file or socket of
/// ours gets their numbers. To be called first of all.
void hold_standard_descriptors();

}  // namespace torq::app
