// SPDX-License-Identifier: MIT
#pragma once
// What a server says of its folders, page by page. The server is not trusted: a name must be one that a folder of ours
// can hold and that leads nowhere else, and the number of names and the depth are bounded. Main thread.

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/torq/command/foreground.hpp"
#include "torq/client/client.hpp"

namespace torq::app {

/// One segment that can stand below a folder of ours: not empty, not . or .., no slash, no backslash, no control
/// character, at most 255 bytes.
bool is_entry_name(std::string_view name);

/// One segment of a path on the server, whatever we could do with it here: not empty, not . or .., no slash, no NUL.
bool is_segment(std::string_view name);

/// `folder`/`name`, or `name` in the root.
std::string join_names(const std::string& folder, std::string_view name);

/// Of one kind for everyone who needs lists: a server that has none gets the next step as advice.
client::Error explain_list_error(client::Error error);

/// Asks for all pages of one folder. `page` is called for each, on the main thread, and says whether it wants another
/// one; an answer that makes no sense (names out of order, a page that does not go on behind the last) ends it with an
/// error. `end` is the last call.
struct FolderCalls {
  std::function<bool(const std::vector<wire::ListEntry>&)> page;
  std::function<void(const std::optional<client::Error>&)> end;
};

/// `client` and `foreground` must outlive the calls.
void read_folder(client::Client& client, Foreground& foreground, const client::Server& server,
                 const std::string& folder, FolderCalls calls);

struct WalkLimits {
  std::size_t max_entries = 100'000;
  std::size_t max_depth = 32;  ///< folders below the one that was asked for
};

/// A folder with all that is below it, one list after the other. Paths are below the folder that was asked for.
class RemoteWalk {
 public:
  struct Calls {
    /// For the folder that was asked for, `path` is empty; that one may be called again.
    std::function<void(const std::string& path)> folder;
    std::function<void(const std::string& path, std::uint64_t size)> file;
    /// A name that is not used, or more than the limits allow.
    std::function<void(const std::string& text)> skipped;
    /// A list that did not come: of which folder, and why. For the folder that was asked for, `path` is empty.
    std::function<void(const std::string& path, const client::Error& error)> failed;
    std::function<void()> end;
  };

  RemoteWalk(client::Client& client, Foreground& foreground, client::Server server, std::string root, Calls calls,
             const WalkLimits& limits = {});
  RemoteWalk(const RemoteWalk&) = delete;
  RemoteWalk& operator=(const RemoteWalk&) = delete;

  /// The calls come later, from the foreground; the walk must outlive them.
  void start() { next(); }

 private:
  struct Folder {
    std::string path;
    std::size_t depth = 0;
  };

  void next();
  void take(const Folder& folder, const std::vector<wire::ListEntry>& entries);

  client::Client& client_;
  Foreground& foreground_;
  const client::Server server_;
  const std::string root_;
  const Calls calls_;
  const WalkLimits limits_;
  std::deque<Folder> folders_;  // to be read
  std::size_t entries_ = 0;
  bool full_ = false;
};

}  // namespace torq::app
