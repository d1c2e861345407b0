// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <deque>
#include <stdexcept>

#include "bench/load.hpp"
#include "torq/base/bytes.hpp"
#include "torq/h3/get.hpp"

namespace torq::bench {
namespace {

constexpr Duration kLongestTurn = std::chrono::milliseconds(10);
constexpr Duration kPatience = std::chrono::seconds(20);  // without a single answer
constexpr std::string_view kAnswer = R"({"interval":)";

/// The first piece of an answer may be shorter than what tells it from an error.
bool begins_well(Bytes first) { return as_text(first).substr(0, kAnswer.size()) == kAnswer.substr(0, first.size()); }

/// A request under way: the stream, its text, since when it is wanted.
struct Slot : Stream {
  std::array<char, 512> text;
  Instant wanted{};
  bool answered = false;
  bool good = false;

  void ask(std::string_view request, Instant since) {
    static_cast<Stream&>(*this) = {};
    answered = good = false;
    wanted = since;
    std::memcpy(text.data(), request.data(), request.size());
    head = torq::as_bytes(std::string_view(text.data(), request.size()));
  }
};

/// What the modes have in common: the clock of a window, and one result.
class Load : public Application {
 public:
  explicit Load(const Plan& plan, MachineOptions options)
      : plan_(plan), gauge_(plan.server_process), machine_(std::move(options), *this) {}

  void run() {
    machine_.refresh();
    begin();
    const Instant start = clock_now();
    Instant progress = start;
    std::uint64_t seen = 0;
    bool measuring = false;
    for (Instant now = start; !ended(now, start); now = machine_.turn(std::min(next(now), now + kLongestTurn))) {
      if (!measuring && now - start >= plan_.warm_up) {
        measuring = true;
        gauge_.begin(now);
      }
      now_ = now;
      act(now);
      if (seen != happened_) progress = now;
      seen = happened_;
      if (now - progress > kPatience) throw std::runtime_error("the server has stopped answering");
    }
    gauge_.end(clock_now());
    machine_.leave();
    std::puts(fmt::format("{{{}{}}}", gauge_.json(), more()).c_str());
  }

 protected:
  virtual void begin() = 0;
  virtual void act(Instant) {}
  virtual Instant next(Instant now) { return now + kLongestTurn; }
  virtual std::string more() const { return ""; }

  bool ended(Instant now, Instant start) const {
    if (plan_.limit > 0) return happened_ >= plan_.limit;
    return now - start >= plan_.warm_up + plan_.length;
  }

  void answer(Duration latency) {
    ++happened_;
    gauge_.answer(latency);
  }

  const Plan& plan_;
  Gauge gauge_;
  Machine machine_;
  Instant now_{};
  std::uint64_t happened_ = 0;
};

MachineOptions client(const Plan& plan) {
  MachineOptions options;
  options.address = plan.server;
  options.sockets = plan.sockets;
  return options;
}

// Announces on connections that stay ---------------------------------------------------------------------------------

class AnnounceLoad final : public Load {
 public:
  explicit AnnounceLoad(const Plan& plan) : Load(plan, client(plan)), announces_(plan.population) {}

 protected:
  void begin() override {
    lines_.resize(plan_.connections);
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      Connection& connection = machine_.connect(nullptr);
      connection.index = i;
      lines_[i].connection = &connection;
      lines_[i].slots.resize(2 * plan_.outstanding + 2);
      for (Slot& slot : lines_[i].slots) lines_[i].free.push_back(&slot);
    }
    const Instant limit = clock_now() + kPatience;
    while (standing_ < lines_.size()) {
      if (machine_.turn(clock_now() + kLongestTurn) > limit) throw std::runtime_error("not all connections stand");
    }
    if (plan_.rate > 0) {
      due_ = clock_now();
    } else {
      for (Line& line : lines_) line.owed = plan_.outstanding;
    }
    for (Line& line : lines_) pay(line);
  }

  void on_established(Connection& connection) override {
    ++standing_;
    if (!plan_.http3) return;
    Stream& control = controls_.emplace_back();
    control.head = torq::as_bytes(h3::kClientControl);
    machine_.open_control(connection, control);
  }
  void on_over(Connection&) override { throw std::runtime_error("the server has closed a connection"); }

  void on_data(Connection& connection, Stream& stream, Bytes bytes, bool fin) override {
    Slot& slot = static_cast<Slot&>(stream);
    if (plan_.http3) {
      slot.good |=
          as_text(bytes).find("8:interval") != std::string_view::npos;  // an answer is in one piece, nearly always
    } else if (stream.received == bytes.size()) {
      slot.good = begins_well(bytes);
    }
    gauge_.bytes(bytes.size());
    if (!fin) return;
    if (!slot.good) gauge_.error();
    slot.answered = true;
    answer(clock_of_batch() - slot.wanted);
    if (plan_.rate <= 0) ++lines_[connection.index].owed;
  }

  void on_closed(Connection& connection, Stream& stream) override {
    Slot& slot = static_cast<Slot&>(stream);
    if (!slot.answered) gauge_.error();
    lines_[connection.index].free.push_back(&slot);
  }

  void after_read(Connection& connection) override {
    if (standing_ == lines_.size()) pay(lines_[connection.index]);
  }

  // Latencies of an open loop count from when the request was due, not from when there was a place for it.
  void act(Instant now) override {
    if (plan_.rate <= 0) return;
    const Duration gap(static_cast<Duration::rep>(1e9 / plan_.rate));
    for (; due_ <= now; due_ += gap) {
      Line& line = lines_[turn_++ % lines_.size()];
      line.waiting.push_back(due_);
      pay(line);
    }
  }

  Instant next(Instant now) override { return plan_.rate > 0 ? due_ : now + kLongestTurn; }

 private:
  struct Line {
    Connection* connection = nullptr;
    std::deque<Slot> slots;
    std::vector<Slot*> free;
    std::size_t owed = 0;         // requests of a closed loop
    std::deque<Instant> waiting;  // of an open one
  };

  std::string_view next_request() {
    if (!plan_.http3) return announces_.next();
    get_ = h3::encode_get("tracker", announces_.next_path());
    return get_;
  }

  // One reading of the clock per request; all answers of a batch share that of their turn would hide its length.
  static Instant clock_of_batch() { return clock_now(); }

  void pay(Line& line) {
    while ((line.owed > 0 || !line.waiting.empty()) && !line.free.empty()) {
      Slot& slot = *line.free.back();
      slot.ask(next_request(), line.waiting.empty() ? clock_now() : line.waiting.front());
      if (!machine_.open(*line.connection, slot)) return;
      line.free.pop_back();
      if (line.waiting.empty()) {
        --line.owed;
      } else {
        line.waiting.pop_front();
      }
    }
  }

  Announces announces_;
  std::string get_;
  std::deque<Stream> controls_;
  std::deque<Line> lines_;
  std::size_t standing_ = 0;
  Instant due_{};
  std::size_t turn_ = 0;
};

// A connection for each announce -------------------------------------------------------------------------------------

class ConnectLoad final : public Load {
 public:
  explicit ConnectLoad(const Plan& plan) : Load(plan, options(plan)), announces_(plan.population) {}

 protected:
  static MachineOptions options(const Plan& plan) {
    MachineOptions options = client(plan);
    options.wants_tickets = plan.resume;
    return options;
  }

  void begin() override {
    slots_.resize(plan_.connections);
    wants_ticket_ = plan_.resume;
    if (plan_.resume) fetch_ticket();
    for (std::size_t i = 0; i < slots_.size(); ++i) dial(i);
  }

  void fetch_ticket() {
    dial(0);
    const Instant limit = clock_now() + kPatience;
    while (ticket_.empty() || !slots_[0].answered) {
      if (machine_.turn(clock_now() + kLongestTurn) > limit) throw std::runtime_error("the server gives no ticket");
    }
    fetching_ = false;
  }

  void dial(std::size_t index) { machine_.connect(ticket_.empty() ? nullptr : &ticket_).index = index; }

  void on_established(Connection& connection) override {
    if (gnutls_session_is_resumed(connection.tls) != 0) ++resumed_;
    Slot& slot = slots_[connection.index];
    slot.ask(announces_.next(), connection.begun);
    machine_.open(connection, slot);
  }

  void on_ticket(Connection&, const gnutls_datum_t& data) override {
    if (!wants_ticket_) return;
    wants_ticket_ = false;
    ticket_.assign(data.data, data.data + data.size);
  }

  void on_data(Connection&, Stream& stream, Bytes bytes, bool fin) override {
    Slot& slot = static_cast<Slot&>(stream);
    if (stream.received == bytes.size() && !begins_well(bytes)) gauge_.error();
    if (!fin) return;
    slot.answered = true;
    if (!fetching_) answer(clock_now() - slot.wanted);
  }

  void after_read(Connection& connection) override {
    if (!slots_[connection.index].answered) return;
    if (fetching_ && (ticket_.empty() && plan_.resume)) return;  // the ticket may come later than the answer
    machine_.close(connection);
  }

  void on_over(Connection& connection) override {
    Slot& slot = slots_[connection.index];
    if (!slot.answered) gauge_.error();
    if (fetching_ && plan_.resume) return;
    slot.answered = false;
    dial(connection.index);
  }

  std::string more() const override { return fmt::format(R"(,"resumed":{})", resumed_); }

 private:
  Announces announces_;
  std::deque<Slot> slots_;
  std::vector<unsigned char> ticket_;
  bool wants_ticket_ = false;
  bool fetching_ = plan_.resume;
  std::uint64_t resumed_ = 0;
};

// Files --------------------------------------------------------------------------------------------------------------

class FileLoad final : public Load {
 public:
  explicit FileLoad(const Plan& plan)
      : Load(plan, options(plan)),
        request_(fmt::format(R"({{"file":"{}"{}}})", plan.file, plan.raw ? R"(,"encoding":"raw")" : "")) {}

 protected:
  static MachineOptions options(const Plan& plan) {
    MachineOptions options = client(plan);
    options.stream_window = 16 * 1024 * 1024;
    options.connection_window = 24 * 1024 * 1024;
    return options;
  }

  void begin() override {
    for (std::size_t i = 0; i < plan_.connections; ++i) machine_.connect(nullptr);
  }

  void on_established(Connection& connection) override { ask(connection); }

  void ask(Connection& connection) {
    auto& slot = slots_.emplace_back();
    slot.ask(request_, clock_now());
    machine_.open(connection, slot);
  }

  void on_data(Connection&, Stream& stream, Bytes bytes, bool fin) override {
    Slot& slot = static_cast<Slot&>(stream);
    if (stream.received == bytes.size() && as_text(bytes).starts_with(R"({"error")")) gauge_.error();
    gauge_.bytes(bytes.size());
    ++happened_;
    if (!fin) return;
    slot.answered = true;
    gauge_.answer(clock_now() - slot.wanted);
    answer_bytes_ = stream.received;
    ++finished_;
  }

  void after_read(Connection& connection) override {
    for (; finished_ > 0; --finished_) ask(connection);
  }

  void on_over(Connection&) override { throw std::runtime_error("the server has closed a connection"); }
  std::string more() const override { return fmt::format(R"(,"answer_bytes":{})", answer_bytes_); }

 private:
  std::string request_;
  std::deque<Slot> slots_;
  std::uint64_t answer_bytes_ = 0;
  std::size_t finished_ = 0;
};

// Connections that do nothing ----------------------------------------------------------------------------------------

class IdleHold final : public Application {
 public:
  explicit IdleHold(const Plan& plan)
      : plan_(plan), machine_(client(plan), *this), announces_(plan.population), slots_(plan.connections) {}

  void run() {
    const std::size_t abreast = std::min<std::size_t>(plan_.connections, 64);
    while (dialled_ < abreast) dial();
    Instant progress = clock_now();
    for (std::size_t seen = 0; answered_ < plan_.connections;) {
      const Instant now = machine_.turn(clock_now() + kLongestTurn);
      if (seen != answered_) progress = now;
      seen = answered_;
      if (now - progress > kPatience) throw std::runtime_error("the server has stopped answering");
    }
    const Instant quiet = clock_now() + std::chrono::seconds(1);  // for the last acknowledgements
    while (machine_.turn(clock_now() + kLongestTurn) < quiet) continue;
    std::puts(fmt::format(R"({{"holding":{}}})", machine_.connection_count()).c_str());
    std::fflush(stdout);
    for (char byte = 0; ::read(STDIN_FILENO, &byte, 1) > 0;) continue;
  }

 protected:
  void dial() { machine_.connect(nullptr).index = dialled_++; }

  void on_established(Connection& connection) override {
    Slot& slot = slots_[connection.index];
    slot.ask(announces_.next(), clock_now());
    machine_.open(connection, slot);
  }

  void on_data(Connection&, Stream&, Bytes, bool fin) override {
    if (fin) ++answered_;
  }

  void after_read(Connection&) override {
    while (dialled_ < plan_.connections && dialled_ < answered_ + 64) dial();
  }

  void on_over(Connection&) override { throw std::runtime_error("the server has closed a connection"); }

 private:
  const Plan& plan_;
  Machine machine_;
  Announces announces_;
  std::deque<Slot> slots_;
  std::size_t dialled_ = 0;
  std::size_t answered_ = 0;
};

}  // namespace

void announce(const Plan& plan) { AnnounceLoad(plan).run(); }
void connect(const Plan& plan) { ConnectLoad(plan).run(); }
void file(const Plan& plan) { FileLoad(plan).run(); }
void idle(const Plan& plan) { IdleHold(plan).run(); }

}  // namespace torq::bench
