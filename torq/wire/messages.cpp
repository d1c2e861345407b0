// SPDX-License-Identifier: MIT
#include "torq/wire/messages.hpp"

namespace torq::wire {
namespace {

// In the order of the enum.
constexpr std::array<std::string_view, kAllCapabilities.size()> kCapabilityNames = {"announce",   "file",     "scrape",
                                                                                    "file_range", "file_raw", "list"};

}  // namespace

std::string_view name_of(Capability capability) { return kCapabilityNames.at(static_cast<std::size_t>(capability)); }

std::optional<Capability> parse_capability(std::string_view name) {
  for (const Capability c : kAllCapabilities) {
    if (name_of(c) == name) return c;
  }
  return std::nullopt;
}

}  // namespace torq::wire
