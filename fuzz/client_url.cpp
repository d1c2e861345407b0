// SPDX-License-Identifier: MIT
// Any text as a URL: what is understood is written so that it is understood again, as the same.

#include <cstdint>
#include <string_view>

#include "fuzz/require.hpp"
#include "torq/client/url.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto url = torq::client::parse_url({reinterpret_cast<const char*>(data), size});
  if (!url) {
    require(!url.error().empty());
    return 0;
  }
  require(!url->host.empty() && url->port != 0);
  require(torq::client::parse_url(to_string(*url)) == url);
  return 0;
}
