// SPDX-License-Identifier: MIT
#include "apps/torq/log/line_limit.hpp"

#include <algorithm>
#include <utility>

namespace torq::app {

bool LineLimit::admit(Instant now, std::string_view reason) {
  auto found = std::ranges::find_if(stretches_, [&](const Stretch& known) { return known.unsaid.reason == reason; });
  if (found == stretches_.end()) found = stretches_.insert(found, Stretch{{reason, 0}, now, 0});
  // With something unsaid the old stretch goes on until that was taken, so that lines come in their order.
  if (now - found->begun >= rule_.stretch && found->unsaid.times == 0) *found = {{reason, 0}, now, 0};
  if (found->lines < rule_.lines) {
    ++found->lines;
    return true;
  }
  ++found->unsaid.times;
  return false;
}

std::vector<LineLimit::Unsaid> LineLimit::take_unsaid(Instant now) {
  std::vector<Unsaid> taken;
  for (Stretch& stretch : stretches_) {
    if (stretch.unsaid.times == 0 || now - stretch.begun < rule_.stretch) continue;
    taken.push_back(stretch.unsaid);
    stretch = {{stretch.unsaid.reason, 0}, now, 0};
  }
  return taken;
}

}  // namespace torq::app
