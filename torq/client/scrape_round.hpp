// SPDX-License-Identifier: MIT
#pragma once
// The figures of many swarms by several requests: each hash is asked for once, each request has as many as a tracker
// takes, and all answers make one. Sans-IO. It lives on its client's thread. Internal to client/.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "torq/client/client.hpp"
#include "torq/wire/tracker_answer.hpp"

namespace torq::client {

using Figures = std::vector<wire::ScrapedFigures>;

class ScrapeRound : public std::enable_shared_from_this<ScrapeRound> {
 public:
  using Ask = std::function<void(const std::vector<InfoHash>&, Done<Figures>)>;

  ScrapeRound(std::vector<InfoHash> swarms, Done<Figures> done) : swarms_(std::move(swarms)), done_(std::move(done)) {}

  /// `most`: of one request.
  void start(std::size_t most, const Ask& ask) {
    std::vector<InfoHash> once = swarms_;
    std::ranges::sort(once);
    once.erase(std::ranges::unique(once).begin(), once.end());
    std::vector<std::vector<InfoHash>> requests;
    for (std::size_t at = 0; at < once.size(); at += most) {
      const auto begin = once.begin() + static_cast<std::ptrdiff_t>(at);
      requests.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(std::min(most, once.size() - at)));
    }
    under_way_ = requests.size();
    if (requests.empty()) return finish(Figures());
    for (const auto& request : requests) {
      ask(request, [self = shared_from_this()](Result<Figures, Error> answer) { self->take(std::move(answer)); });
    }
  }
  void fail(const Error& error) { finish(Failure(error)); }

 private:
  void take(Result<Figures, Error> answer) {
    if (!answer) return finish(Failure(answer.error()));
    for (const wire::ScrapedFigures& swarm : *answer) known_[swarm.info_hash] = swarm.figures;
    if (--under_way_ > 0) return;
    Figures all;
    for (const InfoHash& hash : swarms_) all.push_back({hash, known_[hash]});
    finish(std::move(all));
  }
  void finish(Result<Figures, Error> answer) {
    if (const auto done = std::exchange(done_, nullptr)) done(std::move(answer));
  }

  const std::vector<InfoHash> swarms_;
  Done<Figures> done_;
  std::map<InfoHash, wire::SwarmFigures> known_;
  std::size_t under_way_ = 0;
};

}  // namespace torq::client
