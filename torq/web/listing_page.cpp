// SPDX-License-Identifier: MIT
#include "torq/web/listing_page.hpp"

#include "torq/wire/percent.hpp"

namespace torq::web {
namespace {

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
}

void append_entry(std::string& out, const files::Entry& entry) {
  const bool is_folder = entry.found.type == files::Found::Type::kFolder;
  const std::string_view slash = is_folder ? "/" : "";
  out += "<tr><td><a href=\"";
  wire::append_percent_encoded(out, entry.name);
  (out += slash) += "\">";
  append_escaped(out, entry.name);
  (out += slash) += "</a><td align=right>";
  if (!is_folder) out += std::to_string(entry.found.size);
  out += '\n';
}

}  // namespace

std::string listing_page(std::string_view folder, const files::Listing& listing) {
  std::string title = "/";
  append_escaped(title, folder);
  if (!folder.empty()) title += '/';
  std::string page = "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>";
  ((page += title) += "</title>\n<h1>") += title;
  page += "</h1>\n<table>\n<tr><th align=left>Name<th align=right>Bytes\n";
  if (!folder.empty()) page += "<tr><td><a href=\"../\">../</a><td>\n";
  for (const files::Entry& entry : listing.entries) append_entry(page, entry);
  page += "</table>\n";
  if (listing.truncated && !listing.entries.empty()) {
    page += "<p><a href=\"?after=";
    wire::append_percent_encoded(page, listing.entries.back().name);
    page += "\">More</a>\n";
  }
  return page;
}

}  // namespace torq::web
