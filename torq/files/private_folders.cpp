// SPDX-License-Identifier: MIT
#include "torq/files/private_folders.hpp"

#include <sys/stat.h>

#include <cerrno>

namespace torq::files {

Result<void, SystemError> make_private_folders(const std::string& path) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string folder = path.substr(0, end);
    if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) continue;
    const SystemError error = last_error("make folder " + folder);
    // Where nothing may be made (EACCES, EROFS) the folder may still be there.
    struct stat status{};
    if (::stat(folder.c_str(), &status) != 0) return Failure(error);
  }
  return {};
}

}  // namespace torq::files
