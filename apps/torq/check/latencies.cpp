// SPDX-License-Identifier: MIT
#include "apps/torq/check/latencies.hpp"

#include <algorithm>
#include <cmath>

namespace torq::app {

std::size_t Latencies::step_of(Microseconds took) {
  if (took.count() <= 1) return 0;
  const double step = std::log2(static_cast<double>(took.count())) * kStepsPerOctave;
  return std::min(static_cast<std::size_t>(step), std::size_t{kStepsPerOctave} * kOctaves - 1);
}

void Latencies::add(Microseconds took) {
  ++counts_[step_of(took)];
  ++count_;
  most_ = std::max(most_, took);
}

Latencies::Microseconds Latencies::percentile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t step = 0; step < counts_.size(); ++step) {
    seen += counts_[step];
    if (seen < wanted || seen == 0) continue;
    if (step + 1 == counts_.size()) break;
    const double end = std::exp2(static_cast<double>(step + 1) / kStepsPerOctave);
    return std::min(most_, Microseconds(static_cast<std::int64_t>(std::ceil(end))));
  }
  return most_;
}

}  // namespace torq::app
