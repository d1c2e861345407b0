// SPDX-License-Identifier: MIT
#include "apps/torq/server/pulse.hpp"

#include <boost/asio/post.hpp>
#include <numeric>
#include <utility>

namespace torq::app {
namespace {

constexpr auto kSamplePeriod = std::chrono::milliseconds(500);
constexpr std::size_t kMostWaiting = 64;  // while a worker hangs
constexpr auto kRateWindow = std::chrono::seconds(10);

}  // namespace

std::uint64_t requests_of(const WorkerFigures& figures) {
  // An error answer to a request that was understood is counted with its request.
  const doors::quic_json::Counts& json = figures.json;
  const auto of = [](const web::Counts& site) {
    return site.announces + site.scrapes + site.files + site.others + site.not_understood;
  };
  const doors::udp::Counts& udp = figures.udp;
  return std::accumulate(json.requests.begin(), json.requests.end(), json.not_understood) + of(figures.http3) +
         of(figures.http1) + udp.connects + udp.announces + udp.scrapes + udp.not_understood;
}

Pulse::Pulse(boost::asio::io_context& loop, std::span<const std::unique_ptr<Worker>> workers, Clock::duration period,
             std::function<void()> all_answered)
    : loop_(loop),
      workers_(workers),
      period_(period),
      all_answered_(std::move(all_answered)),
      timer_(loop),
      readings_(workers.size()),
      samples_(workers.size()) {}

void Pulse::start() {
  begin_round();
  timer_.expires_after(period_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) start();
  });
}

void Pulse::ask(std::function<void()> told) {
  if (waits_.size() >= kMostWaiting) return told();
  waits_.push_back(std::move(told));
  begin_round();
}

// One at a time: what waits for a worker that hangs does not grow.
void Pulse::begin_round() {
  if (pending_ > 0) return;
  pending_ = workers_.size();
  told_ = std::exchange(waits_, {});
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->ask([this, i](const WorkerFigures& figures) {
      boost::asio::post(loop_, [this, i, figures] { take(i, figures); });
    });
  }
}

void Pulse::take(std::size_t worker, const WorkerFigures& figures) {
  readings_[worker].figures = figures;
  readings_[worker].answered = Clock::now();
  note_rate(worker);
  if (--pending_ == 0) end_round();
}

void Pulse::note_rate(std::size_t worker) {
  Reading& reading = readings_[worker];
  std::deque<Sample>& samples = samples_[worker];
  const std::uint64_t requests = requests_of(reading.figures);
  if (samples.empty() || reading.answered - samples.back().when >= kSamplePeriod) {
    samples.push_back({reading.answered, requests});
  }
  while (samples.size() > 2 && reading.answered - samples[1].when >= kRateWindow) samples.pop_front();
  const std::chrono::duration<double> time = reading.answered - samples.front().when;
  const auto more = static_cast<double>(requests - samples.front().requests);
  reading.requests_per_second = time.count() > 0 ? more / time.count() : 0;
}

void Pulse::end_round() {
  all_answered_();
  for (const auto& told : std::exchange(told_, {})) told();
  if (!waits_.empty()) begin_round();
}

}  // namespace torq::app
