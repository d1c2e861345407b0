// SPDX-License-Identifier: MIT
#pragma once
// Opens names beneath a folder so that no step of the way leaves it: `..`, absolute links and links of /proc that jump
// are refused by the kernel itself (openat2 with RESOLVE_BENEATH, Linux 5.6), atomically, so there is no moment between
// a check and a use in which a rename could lead us out. Not a judge of names: callers ask is_file_name first.
// Stateless; any thread.

#include <cstdint>
#include <string>

#include "torq/base/result.hpp"
#include "torq/files/descriptor.hpp"
#include "torq/files/errors.hpp"
#include "torq/files/file.hpp"

namespace torq::files {

/// The folder that names are beneath. Fails where the kernel or a sandbox offers no openat2: there is no second, weaker
/// way.
Result<Descriptor, SystemError> open_root(const std::string& path);

/// What a name leads to, links followed. Anything that is neither is not served and not told apart from nothing.
struct Found {
  enum class Type : std::uint8_t { kFile, kFolder };
  Type type = Type::kFile;
  std::uint64_t size = 0;  ///< bytes; 0 for a folder
};

/// Looks without opening: a FIFO would wake its writer, a device would act. FIFOs, devices and sockets are kNotFound.
/// What lies behind a folder that is closed to us is kNotFound too: nobody can know that it is there.
Result<Found, FileError> look_beneath(const Descriptor& root, const std::string& name);

/// Opens a regular file. Whatever the name has become since it was looked at: it never blocks, and gives only a
/// regular file beneath `root`. One that is there and closed to us is kReadError.
Result<File, FileError> open_file_beneath(const Descriptor& root, const std::string& name);

/// Opens a folder for listing; "." is the root itself.
Result<Descriptor, FileError> open_folder_beneath(const Descriptor& root, const std::string& name);

}  // namespace torq::files
