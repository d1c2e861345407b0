// SPDX-License-Identifier: MIT
#include "torq/files/descriptor.hpp"

#include <unistd.h>

namespace torq::files {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace torq::files
