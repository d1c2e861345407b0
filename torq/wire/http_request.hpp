// SPDX-License-Identifier: MIT
#pragma once
// An HTTP request without its version: what HTTP/1.1 and HTTP/3 decode into and web/ answers. Views into whatever was
// received, so it lives no longer than that. Of the fields, those that some route reads. RFC 9110.

#include <cstdint>
#include <string_view>

namespace torq::wire {

enum class Method : std::uint8_t { kGet, kHead, kOther };

Method parse_method(std::string_view name);

struct HttpRequest {
  Method method = Method::kOther;
  std::string_view target = {};  ///< origin-form: `/path?query`, not decoded
  std::string_view accept = {};
  std::string_view range = {};
  std::string_view if_range = {};
  std::string_view if_none_match = {};
  std::string_view if_modified_since = {};
  std::string_view forwarded_for = {};  ///< X-Forwarded-For; of several lines the last, which the nearest proxy wrote

  std::string_view path() const { return target.substr(0, target.find('?')); }
  std::string_view query() const {
    const auto mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  }

  /// Takes the field if it is one of the above. `name` may be in any case.
  void take_field(std::string_view name, std::string_view value);
};

/// Whether `name` is `lower`, which is in lower case, in whatever case.
bool is_named(std::string_view name, std::string_view lower);

}  // namespace torq::wire
