// SPDX-License-Identifier: MIT
#include "apps/torq/command/key_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "torq/files/descriptor.hpp"
#include "torq/files/errors.hpp"

namespace torq::app {
namespace {

constexpr const char* kVariable = "SSLKEYLOGFILE";

}  // namespace

void protect_key_log() {
  const char* path = std::getenv(kVariable);
  if (path == nullptr || *path == '\0') return;
  const files::Descriptor file(::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) {
    std::cerr << "torq: warning: no secrets will be logged: "
              << to_string(files::last_error(std::string("open ") + path)) << '\n';
  } else if (S_ISREG(status.st_mode) && (status.st_mode & 077) != 0) {
    std::cerr << "torq: warning: others can read " << path
              << ", which gets the secrets of this connection (chmod 600)\n";
  }
}

void forbid_key_log() { ::unsetenv(kVariable); }

}  // namespace torq::app
