// SPDX-License-Identifier: MIT
#include "apps/torq/download/remote_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <utility>

#include "torq/files/file_name.hpp"

namespace torq::app {
namespace {

using Listing = Result<wire::ListReply, client::Error>;

client::Error senseless(const std::string& what) {
  return {client::ErrorKind::kFaulty, "", "the answer is wrong: " + what, "", ""};
}

/// One folder while its pages come. Kept alive by the request that is under way.
class FolderReader : public std::enable_shared_from_this<FolderReader> {
 public:
  FolderReader(client::Client& client, Foreground& foreground, client::Server server, std::string folder,
               FolderCalls calls)
      : client_(client),
        foreground_(foreground),
        server_(std::move(server)),
        folder_(std::move(folder)),
        calls_(std::move(calls)) {}

  void ask() {
    client_.list(server_, folder_, last_, [self = shared_from_this()](Listing reply) {
      self->foreground_.post([self, reply = std::move(reply)] { self->take(reply); });
    });
  }

 private:
  void take(const Listing& reply) {
    if (!reply) return calls_.end(explain_list_error(reply.error()));
    const auto& entries = reply->entries;
    const bool sorted =
        std::ranges::adjacent_find(entries, std::greater_equal(), &wire::ListEntry::name) == entries.end();
    if (!sorted) return calls_.end(senseless("its names are not in order"));
    if (!entries.empty() && !last_.empty() && entries.front().name <= last_) {
      return calls_.end(senseless("it shows its first names once more, not those behind them"));
    }
    if (!calls_.page(entries) || !reply->truncated) return calls_.end(std::nullopt);
    if (entries.empty()) return calls_.end(senseless("it is truncated and empty"));
    last_ = entries.back().name;
    ask();
  }

  client::Client& client_;
  Foreground& foreground_;
  const client::Server server_;
  const std::string folder_;
  const FolderCalls calls_;
  std::string last_;  // of the names so far
};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

// As if below a folder, where "a:" is no drive. tame() also knows the control characters beyond ASCII.
bool is_entry_name(std::string_view name) {
  return files::is_file_name("folder/" + std::string(name)) && name.find('/') == std::string_view::npos &&
         name.size() <= NAME_MAX && std::ranges::none_of(name, is_control) && client::tame(name) == name;
}

bool is_segment(std::string_view name) {
  constexpr std::string_view kImpossible("/\0", 2);
  return !name.empty() && name != "." && name != ".." && name.find_first_of(kImpossible) == std::string_view::npos;
}

std::string join_names(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : folder + "/" + std::string(name);
}

client::Error explain_list_error(client::Error error) {
  if (error.kind == client::ErrorKind::kUnsupported) {
    error.message = "the server does not list its folders";
    error.advice = "name the files one by one: torq get URL/FILE URL/FILE";
  }
  return error;
}

void read_folder(client::Client& client, Foreground& foreground, const client::Server& server,
                 const std::string& folder, FolderCalls calls) {
  std::make_shared<FolderReader>(client, foreground, server, folder, std::move(calls))->ask();
}

RemoteWalk::RemoteWalk(client::Client& client, Foreground& foreground, client::Server server, std::string root,
                       Calls calls, const WalkLimits& limits)
    : client_(client),
      foreground_(foreground),
      server_(std::move(server)),
      root_(std::move(root)),
      calls_(std::move(calls)),
      limits_(limits),
      folders_{{"", 0}} {}

void RemoteWalk::next() {
  if (folders_.empty()) return calls_.end();
  const Folder folder = std::move(folders_.front());
  folders_.pop_front();
  const std::string name = folder.path.empty() ? root_ : join_names(root_, folder.path);
  read_folder(client_, foreground_, server_, name,
              {[this, folder](const auto& entries) {
                 if (folder.path.empty()) calls_.folder("");
                 take(folder, entries);
                 return !full_;
               },
               [this, folder](const auto& error) {
                 if (error) calls_.failed(folder.path, *error);
                 next();
               }});
}

void RemoteWalk::take(const Folder& folder, const std::vector<wire::ListEntry>& entries) {
  for (const wire::ListEntry& entry : entries) {
    if (full_) return;
    const std::string path = join_names(folder.path, entry.name);
    if (++entries_ > limits_.max_entries) {
      full_ = true;
      folders_.clear();
      return calls_.skipped(fmt::format("more than {} names: the rest is left out", limits_.max_entries));
    }
    if (!is_entry_name(entry.name)) {
      calls_.skipped(client::tame(path) + ": no name for a file or folder here");
    } else if (entry.type == wire::EntryType::kFile) {
      calls_.file(path, entry.size);
    } else if (folder.depth == limits_.max_depth) {
      calls_.skipped(client::tame(path) + fmt::format(": more than {} folders deep", limits_.max_depth));
    } else {
      calls_.folder(path);
      folders_.push_back({path, folder.depth + 1});
    }
  }
}

}  // namespace torq::app
