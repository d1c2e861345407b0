// SPDX-License-Identifier: MIT
#pragma once
// Numbers as people read them. Pure.

#include <chrono>
#include <cstdint>
#include <string>

namespace torq::app {

/// "39 B", "1.5 MB": powers of 1000, as disks and networks are sold.
std::string human_bytes(std::uint64_t bytes);

/// "0:07", "1:02:03".
std::string human_time(std::chrono::seconds time);

}  // namespace torq::app
