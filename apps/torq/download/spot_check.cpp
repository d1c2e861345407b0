// SPDX-License-Identifier: MIT
#include "apps/torq/download/spot_check.hpp"

#include <utility>

namespace torq::app {
namespace {

struct Check {
  std::size_t open = 0;  // places that are being asked for
  bool same = true;
  std::function<void(bool)> done;
};

}  // namespace

void spot_check(client::Client& client, Foreground& foreground, const client::Server& server, const std::string& name,
                const PartFile& part, std::function<void(bool)> done) {
  const auto places = part.places();
  const auto check = std::make_shared<Check>(Check{places.size(), true, std::move(done)});
  if (places.empty()) return foreground.post([check] { check->done(true); });
  for (const client::FilePiece& place : places) {
    client.read(server, name, {place.offset, place.bytes.size()}, [&foreground, check, place](auto piece) {
      foreground.post([check, place, piece = std::move(piece)] {
        if (piece && piece->bytes != place.bytes) check->same = false;
        if (--check->open == 0) check->done(check->same);
      });
    });
  }
}

}  // namespace torq::app
