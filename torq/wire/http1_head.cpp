// SPDX-License-Identifier: MIT
#include "torq/wire/http1_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace torq::wire {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

Failure<HttpFault> bad(std::string_view text) { return Failure(HttpFault{400, text}); }

// RFC 9110 5.6.2
constexpr bool is_token_char(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
}

constexpr std::array<bool, 256> make_token_chars() {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = c != 0 && is_token_char(static_cast<unsigned char>(c));
  return table;
}

constexpr auto kTokenChars = make_token_chars();

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return kTokenChars[static_cast<unsigned char>(c)]; });
}

// RFC 9110 5.5. A reader further on may take any other for the end of a line.
bool is_field_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

// uri-host and port (RFC 9110 7.2), as far as its characters tell; nothing here is found by it.
bool is_host_char(char c) {
  return (kTokenChars[static_cast<unsigned char>(c)] && std::string_view("#^`|").find(c) == std::string_view::npos) ||
         std::string_view("(),;=[]:").find(c) != std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool lists(std::string_view value, std::string_view lower_word) {
  for (;;) {
    const std::size_t comma = std::min(value.find(','), value.size());
    if (is_named(trim(value.substr(0, comma)), lower_word)) return true;
    if (comma == value.size()) return false;
    value.remove_prefix(comma + 1);
  }
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find(kLineEnd);
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + kLineEnd.size());
  return line;
}

// absolute-form is for proxies, but must be taken (RFC 9112 3.2.2).
std::string_view origin_form(std::string_view target) {
  if (target.starts_with('/')) return target;
  const std::size_t authority = target.find("://");
  if (authority == std::string_view::npos || target.find_first_of("/?") < authority) return {};
  const std::size_t path = target.find('/', authority + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

class HeadParser {
 public:
  Result<Http1Head, HttpFault> parse(std::string_view rest) {
    while (rest.starts_with(kLineEnd)) rest.remove_prefix(kLineEnd.size());  // RFC 9112 2.2
    if (const auto line = read_request_line(take_line(rest)); !line) return Failure(line.error());
    while (!rest.starts_with(kLineEnd)) {
      if (const auto field = read_field(take_line(rest)); !field) return Failure(field.error());
    }
    return finish();
  }

 private:
  using Outcome = Result<void, HttpFault>;

  Outcome read_request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return bad("the request line is METHOD TARGET HTTP/1.1");
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(method) || target.find(' ') != std::string_view::npos) {
      return bad("the request line is METHOD TARGET HTTP/1.1");
    }
    if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.') {
      return bad("the request line is METHOD TARGET HTTP/1.1");
    }
    if (version[5] != '1') return Failure(HttpFault{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"});
    is_old_ = version[7] == '0';
    head_.request.method = parse_method(method);
    head_.request.target = origin_form(target);
    if (head_.request.target.empty() && head_.request.method != Method::kOther) {
      return bad("the target must begin with a slash");
    }
    return {};
  }

  Outcome read_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return bad("a header line is NAME: VALUE");
    }
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    if (!std::ranges::all_of(value, is_field_char)) return bad("a header holds a control character");
    if (is_named(name, "content-length")) return read_length(value);
    if (is_named(name, "transfer-encoding")) {
      return Failure(HttpFault{501, "a body with Transfer-Encoding is not taken"});
    }
    if (is_named(name, "host")) {
      if (has_host_) return bad("Host is there twice");
      if (!std::ranges::all_of(value, is_host_char)) return bad("Host holds what no name or address does");
      has_host_ = true;
    } else if (is_named(name, "connection")) {
      closes_ = closes_ || lists(value, "close");
      keeps_ = keeps_ || lists(value, "keep-alive");
    } else {
      head_.request.take_field(name, value);
    }
    return {};
  }

  Outcome read_length(std::string_view value) {
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (value.empty() || error != std::errc() || end != value.data() + value.size()) {
      return bad("Content-Length must be a whole number");
    }
    if (has_length_ && length != head_.content_length) return bad("there are two different Content-Lengths");
    has_length_ = true;
    head_.content_length = length;
    return {};
  }

  Result<Http1Head, HttpFault> finish() {
    if (!has_host_ && !is_old_) return bad("Host is missing");  // RFC 9112 3.2
    head_.keep_alive = !closes_ && (!is_old_ || keeps_);
    head_.says_keep_alive = is_old_ && head_.keep_alive;
    return head_;
  }

  Http1Head head_;
  bool is_old_ = false;  // HTTP/1.0
  bool has_host_ = false;
  bool has_length_ = false;
  bool closes_ = false;
  bool keeps_ = false;
};

}  // namespace

Result<std::optional<std::size_t>, HttpFault> Http1Scanner::find_end(std::string_view received) {
  // What no request begins with, TLS for one, shall not wait for a line's end that never comes.
  const char first = received.empty() ? 'G' : received.front();
  const bool may_begin =
      kLineEnd.find(first) != std::string_view::npos || kTokenChars[static_cast<unsigned char>(first)];
  if (!may_begin) return bad("this is no HTTP request");
  for (;;) {
    const std::size_t feed = received.find('\n', scanned_);
    if (feed == std::string_view::npos) break;
    if (feed == 0 || received[feed - 1] != '\r') return bad("lines end with a carriage return and a line feed");
    const bool is_empty = feed == line_ + 1;
    // Empty lines before the request line belong to no request (RFC 9112 2.2).
    const bool is_first = is_empty && received.substr(0, line_).find_first_not_of(kLineEnd) == std::string_view::npos;
    scanned_ = line_ = feed + 1;
    if (is_empty && !is_first) return std::optional(feed + 1);
  }
  scanned_ = received.size();
  return std::optional<std::size_t>();
}

Result<Http1Head, HttpFault> parse_http1_head(std::string_view head) { return HeadParser().parse(head); }

}  // namespace torq::wire
