// SPDX-License-Identifier: MIT
#include "apps/torq/download/output_paths.hpp"

#include <map>
#include <utility>

namespace torq::app {
namespace {

using Path = Result<std::string, std::string>;

Failure<std::string> without(const client::Url& url, const std::string& why) {
  return Failure(client::to_string(url) + ": " + why);
}

// The last segment, which must name a file in a folder of ours and nothing else.
Path file_name(const client::Url& url) {
  const std::string name = url.path.substr(url.path.rfind('/') + 1);
  if (name.empty()) return without(url, "its path ends without a file's name; -o FILE gives one");
  if (name == "." || name == "..") return without(url, "its path ends in " + name + ", which names no file");
  if (name.find('\0') != std::string::npos) return without(url, "no file here can have a NUL in its name");
  return name;
}

Path output_path(const client::Url& url, const std::optional<Output>& output) {
  if (url.path.empty()) return without(url, "it names no file: a path is missing after the host");
  if (output && !output->is_folder) return output->path;
  const Path name = file_name(url);
  if (!name || !output) return name;
  return output->path + (output->path.ends_with('/') ? "" : "/") + *name;
}

}  // namespace

Result<std::vector<std::string>, std::string> output_paths(std::span<const client::Url> urls,
                                                           const std::optional<Output>& output) {
  if (output && !output->is_folder && urls.size() > 1) {
    return Failure("-o " + output->path + " is no folder, and there are " + std::to_string(urls.size()) +
                   " files: make a folder of that name first");
  }
  std::vector<std::string> paths;
  std::map<std::string, const client::Url*> taken;
  for (const client::Url& url : urls) {
    Path path = output_path(url, output);
    if (!path) return Failure(std::move(path.error()));
    const auto [other, is_first] = taken.emplace(*path, &url);
    if (!is_first) {
      return Failure(client::to_string(*other->second) + " and " + client::to_string(url) + " would both become " +
                     *path + ": get them one by one, with -o");
    }
    paths.push_back(std::move(*path));
  }
  return paths;
}

}  // namespace torq::app
