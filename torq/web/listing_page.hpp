// SPDX-License-Identifier: MIT
#pragma once
// A folder as a page for browsers, without script or style. Names are escaped: whoever may put a file into the folder
// must not put code into the page. Pure.

#include <string>
#include <string_view>

#include "torq/files/file_tree.hpp"

namespace torq::web {

/// `folder` is its name below the root, "" for the root itself. Links are relative to the folder's own URL.
std::string listing_page(std::string_view folder, const files::Listing& listing);

}  // namespace torq::web
