// SPDX-License-Identifier: MIT
#pragma once
// Names a request of one Client; never reused. A plain value.

#include <cstdint>

namespace torq::client {

enum class Call : std::uint64_t {};

}  // namespace torq::client
