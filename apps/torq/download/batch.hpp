// SPDX-License-Identifier: MIT
#pragma once
// The downloads of one command: so many at a time, each to its own file, told in the order in which they were asked
// for. Not the command line (get.cpp), not a single file (part_file.hpp). Main thread.

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/torq/command/foreground.hpp"
#include "apps/torq/command/verb.hpp"
#include "apps/torq/download/part_file.hpp"
#include "apps/torq/download/remote_folder.hpp"
#include "apps/torq/terminal/progress.hpp"
#include "torq/client/client.hpp"

namespace torq::app {

/// One file, or a folder with all that is below it.
struct Order {
  client::Server server;
  client::Url url;
  std::string asked;              ///< the URL as a person would write it
  std::string path;               ///< where to
  std::string path_as_file = {};  ///< of a folder: where to, if it turns out to be a file
};

struct BatchSettings {
  std::size_t parallel = 8;
  bool json = false;
  bool progress = false;
};

class Batch {
 public:
  explicit Batch(const BatchSettings& settings);

  void add_file(Order order);
  void add_folder(Order order);
  /// Until all is done, or a signal comes: then what has begun is left as it can be used again.
  ExitCode run();

 private:
  struct Job {
    Order order;
    std::optional<std::uint64_t> expected = {};  ///< bytes, as a folder's list said
    std::shared_ptr<PartFile> file = {};         ///< while it is active
    enum class State : std::uint8_t { kWaiting, kActive, kEnded } state = State::kWaiting;
    unsigned restarts = 0;
    std::optional<client::Fetched> fetched = {};  ///< and on disk under its name
    std::chrono::steady_clock::time_point begun = {};
    std::chrono::duration<double> took{};
  };
  using Outcome = Result<client::Fetched, client::Error>;

  // One file, in this order.
  void start_some();
  void start(std::size_t index);
  void digest(std::size_t index);
  void check(std::size_t index);
  void fetch(std::size_t index, client::FilePrefix held);
  void end(std::size_t index, const Outcome& outcome);
  void begin_anew(std::size_t index);
  void settle(Job& job, const client::Error& error);

  // Folders.
  void walk(const Order& order);
  void make_folder(const std::string& path);
  void warn_of_space(const std::string& folder);

  // Telling.
  void show_in_order();
  void show(const Job& job) const;
  void complain(const std::string& subject, const client::Error& error);
  void note(const std::string& text);
  void draw();
  void leave_all();

  const BatchSettings settings_;
  ExitCode code_ = ExitCode::kOk;
  std::deque<Job> jobs_;
  std::set<std::string> paths_;  // that jobs have
  std::size_t next_ = 0;         // of jobs_, to be started
  std::size_t active_ = 0;
  std::size_t shown_ = 0;  // of jobs_
  std::size_t ended_ = 0;
  std::uint64_t ended_bytes_ = 0;     // here, of the ended ones
  std::uint64_t ended_received_ = 0;  // by this run
  ProgressLine progress_;
  Rate rate_;
  std::vector<std::unique_ptr<RemoteWalk>> walks_;
  std::size_t walking_ = 0;
  Foreground foreground_;
  std::unique_ptr<client::Client> client_;  // ends before the foreground that it posts to
};

}  // namespace torq::app
