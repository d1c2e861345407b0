// SPDX-License-Identifier: MIT
#pragma once
// The two kinds of failure of this module. FileError is what a peer may be told of a name that it asked for; it says
// nothing about the machine. SystemError is for whoever runs the program: the cause, the operation and its object.

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace torq::files {

enum class FileError : std::uint8_t {
  kNotFound,   ///< nothing that may be served has this name (FILE_NOT_FOUND)
  kReadError,  ///< it is there, or may be, and the machine cannot read it: permission, no descriptors, I/O
};

/// "no such file" and the like: complete, without any path of the machine's.
std::string_view to_string(FileError error);

struct SystemError {
  std::error_code code;   ///< compares with std::errc, for example no_space_on_device
  std::string operation;  ///< what was tried on what: "write out/big.iso"

  bool operator==(const SystemError&) const = default;
};

/// From errno, right after the call that failed.
SystemError last_error(std::string operation);

/// "write out/big.iso: No space left on device"
std::string to_string(const SystemError& error);

}  // namespace torq::files
