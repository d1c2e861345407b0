// SPDX-License-Identifier: MIT
#include "torq/wire/http_request.hpp"

#include <algorithm>

namespace torq::wire {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace

Method parse_method(std::string_view name) {
  if (name == "GET") return Method::kGet;
  return name == "HEAD" ? Method::kHead : Method::kOther;
}

bool is_named(std::string_view name, std::string_view lower_name) {
  return name.size() == lower_name.size() &&
         std::equal(name.begin(), name.end(), lower_name.begin(), [](char a, char b) { return lower(a) == b; });
}

void HttpRequest::take_field(std::string_view name, std::string_view value) {
  if (is_named(name, "accept")) {
    accept = value;
  } else if (is_named(name, "range")) {
    // Two of them ask for what no single range can be: as if there were none (RFC 9110 14.2).
    range = range.empty() ? value : std::string_view(",");
  } else if (is_named(name, "if-range")) {
    if_range = value;
  } else if (is_named(name, "if-none-match")) {
    if_none_match = value;
  } else if (is_named(name, "if-modified-since")) {
    if_modified_since = value;
  } else if (is_named(name, "x-forwarded-for")) {
    forwarded_for = value;
  }
}

}  // namespace torq::wire
