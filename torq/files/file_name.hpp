// SPDX-License-Identifier: MIT
#pragma once
// Which texts may be names of files and folders below the root, told from the text alone (wire-compat.md, "File" and
// "File names"). Pure: whether the name exists, and whether a link leads it out of the root, is the kernel's to say
// (beneath.hpp).

#include <string_view>

namespace torq::files {

/// Segments between single slashes, none of them empty, `.` or `..`; no NUL and no backslash anywhere; no drive letter
/// (`X:`) as the first segment. Bytes are not decoded, folded or normalised.
bool is_file_name(std::string_view name);

/// What a request can carry: a JSON text. Overlong forms, surrogates and code points above U+10FFFF are not UTF-8.
bool is_utf8(std::string_view text);

}  // namespace torq::files
