// SPDX-License-Identifier: MIT
#include "torq/files/errors.hpp"

#include <cerrno>

namespace torq::files {

std::string_view to_string(FileError error) {
  switch (error) {
    case FileError::kNotFound:
      return "no such file";
    case FileError::kReadError:
      return "the file cannot be read";
  }
  return "unknown";
}

SystemError last_error(std::string operation) {
  return {std::error_code(errno, std::system_category()), std::move(operation)};
}

std::string to_string(const SystemError& error) { return error.operation + ": " + error.code.message(); }

}  // namespace torq::files
