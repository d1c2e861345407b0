// SPDX-License-Identifier: MIT
#pragma once
// Decodes an announce as nearly every client writes it: one object of plain members in the order of the specification.
// It is a fraction of the work of RequestParser, which goes on with whatever this does not know, and gives the same for
// what it does. Internal to wire/.

#include <string_view>

#include "torq/wire/messages.hpp"

namespace torq::wire {

/// False (and `out` unspecified) for a request that is no announce, is wrong, or is written in an unusual way: in
/// another order, with an escape, a character beyond ASCII, a negative number, a member that announces do not have.
/// The views in `out`, which is as new before, are those of `json`.
[[nodiscard]] bool read_usual_announce(std::string_view json, AnnounceRequest& out);

}  // namespace torq::wire
