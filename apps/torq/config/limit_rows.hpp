// SPDX-License-Identifier: MIT
#pragma once
// The rows of LimitSettings in the table of settings.

#include "apps/torq/config/settings.hpp"

namespace torq::app {

std::vector<Setting> limit_rows();

}  // namespace torq::app
