// SPDX-License-Identifier: MIT
// The route /files/.
#include <fmt/format.h>

#include <algorithm>

#include "torq/files/file_name.hpp"
#include "torq/web/conditions.hpp"
#include "torq/web/http_date.hpp"
#include "torq/web/listing_page.hpp"
#include "torq/web/site.hpp"
#include "torq/wire/answer_encoder.hpp"
#include "torq/wire/http_query.hpp"
#include "torq/wire/percent.hpp"

namespace torq::web {
namespace {

constexpr std::string_view kPrefix = "/files";

// What is read of a file before its head leaves, so that one that cannot be read is an error and not a broken reply.
constexpr std::size_t kFirstBlock = 4 * 1024;

Reply refuse(files::FileError reason) {
  return say(reason == files::FileError::kNotFound ? 404 : 500, files::to_string(reason));
}

Reply move_to_folder(std::string_view name) {
  std::string location(kPrefix);
  while (!name.empty()) {
    const std::size_t slash = std::min(name.find('/'), name.size());
    location += '/';
    wire::append_percent_encoded(location, name.substr(0, slash));
    name.remove_prefix(std::min(slash + 1, name.size()));
  }
  Reply reply = say(301, "this is a folder: it ends with a slash");
  reply.fields.push_back({"location", location + "/"});
  return reply;
}

std::string parameter(std::string_view query, std::string_view wanted) {
  while (!query.empty()) {
    const auto [name, value] = wire::take_parameter(query);
    if (name == wanted) return wire::percent_decode(value).value_or("");
  }
  return {};
}

wire::ListReply to_wire(std::string_view folder, const files::Listing& listing) {
  wire::ListReply listed{std::string(folder), {}, listing.truncated};
  for (const files::Entry& entry : listing.entries) {
    const bool is_folder = entry.found.type == files::Found::Type::kFolder;
    listed.entries.push_back(
        {entry.name, is_folder ? wire::EntryType::kFolder : wire::EntryType::kFile, entry.found.size});
  }
  return listed;
}

}  // namespace

Reply Site::files(Instant now, const wire::HttpRequest& request) {
  const std::string_view path = request.path().substr(kPrefix.size());
  if (path.empty()) return move_to_folder("");
  auto name = wire::percent_decode(path.substr(1));
  if (!name) return say(400, "the path holds a % that two hexadecimal digits do not follow");
  // No other door can ask for it, and no list has it.
  if (!files::is_utf8(*name)) return refuse(files::FileError::kNotFound);
  if (!name->empty() && name->back() != '/') return file(request, *name);
  if (!name->empty()) name->pop_back();
  return folder(now, request, *name);
}

Reply Site::file(const wire::HttpRequest& request, const std::string& name) {
  auto opened = parts_.files.open(name);
  if (!opened) {
    const bool is_folder = opened.error() == files::FileError::kNotFound && parts_.files.stamp(name);
    return is_folder ? move_to_folder(name) : refuse(opened.error());
  }
  const auto stamp = opened->stamp();
  if (!stamp) return refuse(stamp.error());
  const std::uint64_t size = opened->size();
  const Validators validators = validators_of(*stamp);
  Reply reply;
  reply.fields = {{"etag", validators.etag},
                  {"last-modified", http_date(validators.modified)},
                  {"accept-ranges", "bytes"},
                  {"x-content-type-options", "nosniff"}};
  if (is_fresh(request, validators)) {
    reply.status = 304;
    return reply;
  }
  const Portion portion = portion_of(request, validators, size);
  if (portion.kind == Portion::Kind::kUnsatisfiable) {
    reply = say(416, fmt::format("the file has {} bytes", size));
    reply.fields.push_back({"content-range", fmt::format("bytes */{}", size)});
    return reply;
  }
  if (portion.kind == Portion::Kind::kPart) {
    const wire::ByteRange& range = portion.range;
    reply.status = 206;
    reply.fields.push_back(
        {"content-range", fmt::format("bytes {}-{}/{}", range.offset, range.offset + range.length - 1, size)});
  }
  reply.content_type = content_type_of(name);
  return part(request, {parts_.files, std::move(*opened), name, open_files_}, std::move(reply), portion.range);
}

Reply Site::part(const wire::HttpRequest& request, files::SparingFile file, Reply reply, const wire::ByteRange& range) {
  reply.length = range.length;
  if (request.method == wire::Method::kHead) return reply;
  FileBody body(std::move(file), range);
  if (!body.produce(reply.text, kFirstBlock)) return refuse(files::FileError::kReadError);
  if (!body.done()) reply.file.emplace(std::move(body));
  return reply;
}

Reply Site::folder(Instant now, const wire::HttpRequest& request, const std::string& name) {
  const auto listing = folders_.list(now, name, limits_.max_list, parameter(request.query(), "after"));
  if (!listing) return refuse(listing.error());
  Reply reply;
  if (prefers(request.accept, "text/html", kJson)) {
    reply.content_type = kHtml;
    reply.text = listing_page(name, *listing);
    reply.fields.push_back({"content-security-policy", "default-src 'none'"});
  } else {
    reply.content_type = kJson;
    wire::append_list_reply(reply.text, to_wire(name, *listing));
  }
  reply.fields.push_back({"vary", "accept"});
  reply.length = reply.text.size();
  return reply;
}

}  // namespace torq::web
