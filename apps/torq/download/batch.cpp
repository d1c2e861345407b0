// SPDX-License-Identifier: MIT
#include "apps/torq/download/batch.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <utility>

#include "apps/torq/command/client_options.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/download/fetched_line.hpp"
#include "apps/torq/download/spot_check.hpp"

namespace torq::app {
namespace {

constexpr std::chrono::milliseconds kBetweenDrawings{100};
// A file that changes more often while it is fetched will go on to do so.
constexpr unsigned kMostRestarts = 3;

using client::Error;
using client::ErrorKind;

Error disk_error(const std::string& text) { return {ErrorKind::kSink, "", text, "", ""}; }

// What a server says of its files may add up to anything.
std::uint64_t add(std::uint64_t a, std::uint64_t b) { return a + std::min(b, ~std::uint64_t{0} - a); }

// What came before is of no use for another try: it is doubtful, or there is no place for it.
bool spoils(const Error& error) {
  return error.kind == ErrorKind::kUnverified || error.kind == ErrorKind::kFaulty ||
         error.kind == ErrorKind::kChanged || error.kind == ErrorKind::kSink;
}

}  // namespace

Batch::Batch(const BatchSettings& settings)
    : settings_(settings),
      progress_(settings.progress && !settings.json),
      client_(std::make_unique<client::Client>(client_options())) {}

void Batch::add_file(Order order) {
  if (!paths_.insert(order.path).second) {
    return complain(order.asked, {ErrorKind::kFaulty, "", "there is another file that goes to " + order.path,
                                  "get them one by one, with -o", ""});
  }
  jobs_.push_back({std::move(order)});
}

void Batch::add_folder(Order order) { walk(order); }

ExitCode Batch::run() {
  start_some();
  if (progress_.shown()) foreground_.every(kBetweenDrawings, [this] { draw(); });
  const bool whole = (ended_ == jobs_.size() && walking_ == 0) || foreground_.run();
  progress_.clear();
  if (whole) return code_;
  client_.reset();  // no sink is called any more
  leave_all();
  return ExitCode::kInterrupted;
}

// One file -----------------------------------------------------------------------------------------------------------

void Batch::start_some() {
  while (active_ < settings_.parallel && next_ < jobs_.size()) start(next_++);
  if (ended_ == jobs_.size() && walking_ == 0) foreground_.finish();
}

void Batch::start(std::size_t index) {
  Job& job = jobs_[index];
  job.state = Job::State::kActive;
  job.begun = std::chrono::steady_clock::now();
  job.file = std::make_shared<PartFile>(job.order.path, client::to_string(job.order.url));
  ++active_;
  const auto opened = job.file->open();
  if (!opened) {
    return foreground_.post([this, index, text = opened.error()] { end(index, Failure(disk_error(text))); });
  }
  digest(index);
}

// A step at a time, so that signals are heard in between.
void Batch::digest(std::size_t index) {
  foreground_.post([this, index] {
    PartFile& file = *jobs_[index].file;
    const auto digested = file.digest_more();
    if (!digested) return end(index, Failure(disk_error(digested.error())));
    *digested ? check(index) : digest(index);
  });
}

void Batch::check(std::size_t index) {
  const Job& job = jobs_[index];
  spot_check(*client_, foreground_, job.order.server, job.order.url.path, *job.file,
             [this, index](bool same) { same ? fetch(index, jobs_[index].file->take_prefix()) : begin_anew(index); });
}

void Batch::fetch(std::size_t index, client::FilePrefix held) {
  const Job& job = jobs_[index];
  client_->fetch(job.order.server, job.order.url.path, std::move(held), job.file, [this, index](Outcome result) {
    foreground_.post([this, index, outcome = std::move(result)] { end(index, outcome); });
  });
}

void Batch::end(std::size_t index, const Outcome& result) {
  Job& job = jobs_[index];
  Outcome outcome = result;
  if (outcome) {
    const auto committed = job.file->commit();
    if (!committed) outcome = Failure(disk_error(committed.error()));
  }
  const bool changed = !outcome && outcome.error().kind == ErrorKind::kChanged;
  if (changed && job.restarts < kMostRestarts) return begin_anew(index);
  job.took = std::chrono::steady_clock::now() - job.begun;
  if (outcome) {
    job.fetched = *outcome;
    if (outcome->kept > 0) {
      note(fmt::format("{}: {} of its {} bytes were here already", job.order.path, outcome->kept, outcome->bytes));
    } else if (job.file->found() > 0) {
      note(job.order.path + ": the server cannot go on in the middle of a file: it was fetched from its beginning");
    }
  } else {
    settle(job, outcome.error());
  }
  job.state = Job::State::kEnded;
  ended_bytes_ += job.file->bytes();
  ended_received_ += job.file->received();
  job.file.reset();
  --active_;
  ++ended_;
  show_in_order();
  start_some();
}

void Batch::begin_anew(std::size_t index) {
  Job& job = jobs_[index];
  ++job.restarts;
  note(job.order.path + ": the server's file has changed: once more from its beginning");
  job.file->discard();
  fetch(index, {});
}

void Batch::settle(Job& job, const Error& error) {
  Error told = error;
  if (spoils(error)) {
    job.file->discard();
  } else if (job.file->leave()) {
    told.advice += fmt::format("{}{} of {} bytes are kept: the same command goes on from there",
                               told.advice.empty() ? "" : "; ", job.file->bytes(), job.file->size());
  }
  complain(job.order.asked, told);
}

// Folders ------------------------------------------------------------------------------------------------------------

void Batch::walk(const Order& order) {
  RemoteWalk::Calls calls;
  calls.folder = [this, order](const std::string& path) {
    make_folder(path.empty() ? order.path : order.path + "/" + path);
  };
  calls.file = [this, order](const std::string& path, std::uint64_t size) {
    if (path.ends_with(PartFile::kPartSuffix) || path.ends_with(PartFile::kRecordSuffix)) {
      return note(order.asked + ": " + path + " is left out: parts of downloads have such names");
    }
    client::Url url = order.url;
    url.path = join_names(order.url.path, path);
    const std::size_t before = jobs_.size();
    add_file({order.server, url, client::to_string(url), order.path + "/" + path});
    if (jobs_.size() == before) return;
    jobs_.back().expected = size;
    start_some();
  };
  calls.skipped = [this, order](const std::string& text) {
    complain(order.asked, {ErrorKind::kFaulty, "", text, "", ""});
  };
  calls.failed = [this, order](const std::string& path, const Error& error) {
    // Who asks for a file as if it were a folder gets the file.
    const bool may_be_a_file = path.empty() && !order.url.path.empty() && exit_code_of(error) == ExitCode::kNotFound;
    if (may_be_a_file) {
      if (order.path_as_file != order.path) make_folder(order.path);
      return add_file({order.server, order.url, order.asked, order.path_as_file});
    }
    complain(path.empty() ? order.asked : order.asked + "/" + client::tame(path), error);
  };
  calls.end = [this, folder = order.path] {
    --walking_;
    if (walking_ == 0) warn_of_space(folder);
    start_some();
  };
  ++walking_;
  walks_.push_back(std::make_unique<RemoteWalk>(*client_, foreground_, order.server, order.url.path, std::move(calls)));
  walks_.back()->start();
}

void Batch::make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) complain(path, disk_error("make folder: " + error.message()));
}

// Each file is refused for itself when it does not fit; who fetches a folder wants to know that before the first hour.
void Batch::warn_of_space(const std::string& folder) {
  std::uint64_t to_come = 0;
  for (const Job& job : jobs_) {
    if (job.state != Job::State::kEnded && job.expected)
      to_come = add(to_come, *job.expected - std::min(*job.expected, job.file ? job.file->bytes() : 0));
  }
  std::error_code error;
  const auto disk = std::filesystem::space(folder, error);
  if (error || to_come <= disk.available) return;
  note(fmt::format("warning: {} bytes are to come and {} bytes are free in {}: some files will not fit", to_come,
                   disk.available, folder));
}

// Telling ------------------------------------------------------------------------------------------------------------

void Batch::show_in_order() {
  const std::size_t before = shown_;
  for (; shown_ < jobs_.size() && jobs_[shown_].state == Job::State::kEnded; ++shown_) {
    if (shown_ == before) progress_.clear();
    show(jobs_[shown_]);
  }
  std::cout.flush();
}

void Batch::show(const Job& job) const {
  if (!job.fetched) return;
  std::cout << fetched_line({job.order.asked, job.order.path, *job.fetched, job.took}, settings_.json);
}

void Batch::complain(const std::string& subject, const Error& error) {
  progress_.clear();
  app::complain(subject, error);
  code_ = worse(code_, exit_code_of(error));
}

void Batch::note(const std::string& text) {
  progress_.clear();
  std::cerr << "torq: " << shown(text) << '\n';
}

void Batch::draw() {
  ProgressState state{.here = ended_bytes_, .total = ended_bytes_, .files_done = ended_, .files = jobs_.size()};
  std::uint64_t received = ended_received_;
  for (std::size_t i = shown_; i < jobs_.size(); ++i) {
    const Job& job = jobs_[i];
    if (job.state == Job::State::kEnded) continue;
    const std::uint64_t size = job.file ? job.file->size() : 0;
    if (job.file) state.here += job.file->bytes();
    if (job.file) received += job.file->received();
    const std::optional<std::uint64_t> whole = size > 0 ? std::optional(size) : job.expected;
    state.total = state.total && whole ? std::optional(add(*state.total, *whole)) : std::nullopt;
  }
  if (walking_ > 0) state.total.reset();
  rate_.note(std::chrono::steady_clock::now(), received);
  state.per_second = rate_.per_second();
  progress_.draw(state);
}

void Batch::leave_all() {
  std::size_t kept = 0;
  for (Job& job : jobs_) {
    if (job.state == Job::State::kActive && job.file->leave()) ++kept;
  }
  if (kept == 0) return note("interrupted");
  note(fmt::format("interrupted: the beginning of {} file{} is kept: the same command goes on from there", kept,
                   kept == 1 ? "" : "s"));
}

}  // namespace torq::app
