// SPDX-License-Identifier: MIT
#include "torq/doors/http1/head_encoder.hpp"

#include <charconv>

namespace torq::doors::http1 {
namespace {

void append_number(std::string& out, std::uint64_t number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out.append("\r\n").append(name).append(": ").append(value);
}

}  // namespace

void append_head(std::string& out, const web::Reply& reply, const Surroundings& around, Persistence persistence) {
  out += "HTTP/1.1 ";
  append_number(out, reply.status);
  out.append(" ").append(web::reason_of(reply.status));
  append_field(out, "Date", around.date);
  append_field(out, "Content-Type", reply.content_type);
  if (reply.length) {
    out += "\r\nContent-Length: ";
    append_number(out, *reply.length);
  }
  for (const web::Field& field : reply.fields) append_field(out, field.name, field.value);
  append_field(out, "Alt-Svc", around.alt_svc);
  if (persistence == Persistence::kKeepAlive) append_field(out, "Connection", "keep-alive");
  if (persistence == Persistence::kClose) append_field(out, "Connection", "close");
  out += "\r\n\r\n";
}

}  // namespace torq::doors::http1
