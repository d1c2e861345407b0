// SPDX-License-Identifier: MIT
#include "torq/client/tracker_client.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cassert>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <thread>
#include <utility>

#include "torq/client/faults.hpp"
#include "torq/client/http_fetch.hpp"
#include "torq/client/scrape_round.hpp"
#include "torq/client/udp_tracker.hpp"
#include "torq/net/clock.hpp"
#include "torq/net/system_entropy.hpp"
#include "torq/wire/query_encoder.hpp"

namespace torq::client {
namespace {

namespace asio = boost::asio;

constexpr std::uint64_t kUnknownLeft = 16 * 1024;
constexpr std::size_t kPeerIdSize = 20;
constexpr std::size_t kMostFetches = 8;
constexpr std::size_t kHashesPerUrl = 50;    // which keeps a URL below 4 KiB, more than which some trackers refuse
constexpr std::uint64_t kMostHashes = 1000;  // of a request over QUIC, whatever the server says

Error cancelled_by_end() { return {ErrorKind::kCancelled, "", "the client was shut down", "", ""}; }

Error no_scrape(const char* advice) {
  return {ErrorKind::kUnsupported, "", "the server does not offer scrape", advice, ""};
}

Error bad_peer_id() { return {ErrorKind::kUnsupported, "", "a peer ID has 20 bytes for such a tracker", "", ""}; }

/// What a tracker's answer says, and what its HTTP says about it.
Error refused_by(const wire::HttpAnswer& answer, const wire::TrackerFault& fault) {
  const bool is_refusal = fault.kind == wire::TrackerFault::Kind::kRefused;
  if (is_refusal) {
    std::string advice;
    if (fault.retry) advice = "it says: try again in " + std::to_string(fault.retry->count()) + " minutes";
    if (fault.is_final) advice = "it says that to try again is useless";
    return {ErrorKind::kRefused, "", "the tracker refuses: " + tame(fault.text), advice, ""};
  }
  if (answer.status != 200) {
    return {ErrorKind::kRefused, "", "the tracker answers with HTTP status " + std::to_string(answer.status),
            "check the URL, also its path", ""};
  }
  return {ErrorKind::kFaulty, "", "the answer is wrong: " + tame(fault.text), "check that the URL is a tracker's", ""};
}

/// `parse` is of the body; many trackers say failures with another status than 200.
template <class T, class Parse>
void take_http(Result<wire::HttpAnswer, Error> answer, const Done<T>& done, const Parse& parse) {
  if (!answer) return done(Failure(answer.error()));
  auto parsed = parse(as_bytes(answer->body));
  if (parsed && answer->status == 200) return done(*std::move(parsed));
  done(Failure(refused_by(*answer, parsed ? wire::TrackerFault{} : parsed.error())));
}

tracker::Announce with_left(tracker::Announce announce) {
  if (!announce.left) announce.left = kUnknownLeft;
  return announce;
}

UdpQuestion question_of(const TrackerUrl& url, const TrackerAnnounce& request) {
  UdpAnnounceQuestion question{{with_left(request.announce), {}, request.key, {}}, url.target};
  std::memcpy(question.request.peer_id.data(), request.peer_id.data(), kPeerIdSize);
  return question;
}

Result<wire::AnnounceAnswer, Error> announced(Result<UdpAnswer, Error> answer) {
  if (!answer) return Failure(answer.error());
  return wire::AnnounceAnswer{std::move(std::get<tracker::AnnounceReply>(*answer))};
}

Result<Figures, Error> scraped(const std::vector<InfoHash>& asked, const Result<UdpAnswer, Error>& answer) {
  if (!answer) return Failure(answer.error());
  const auto& counts = std::get<UdpFigures>(*answer);
  Figures figures;
  for (std::size_t i = 0; i < asked.size(); ++i) figures.push_back({asked[i], {counts[i]}});
  return figures;
}

Result<Figures, Error> scraped(const std::vector<InfoHash>& asked, const Result<wire::ScrapeReply, Error>& answer) {
  if (!answer) return Failure(answer.error());
  std::map<std::string, tracker::SwarmCounts> known;
  for (const wire::ScrapeEntry& entry : answer->files) known[entry.info_hash] = entry.counts;
  Figures figures;  // a swarm that the server does not name is one that it does not know
  for (const InfoHash& hash : asked) figures.push_back({hash, {known[to_string(hash)]}});
  return figures;
}

}  // namespace

// All on the loop's thread, but for its making and its end.
struct TrackerClient::Impl {
  const Options options;
  asio::io_context loop{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{loop.get_executor()};
  net::SystemEntropy entropy;
  std::unique_ptr<Resolver> resolver = make_system_resolver(loop);
  std::map<std::pair<std::string, std::uint16_t>, std::shared_ptr<UdpTracker>> udp;
  std::list<std::shared_ptr<HttpFetch>> fetches;  // under way
  std::deque<std::shared_ptr<HttpFetch>> queue;   // of those that wait for their turn
  std::unique_ptr<Client> quic_client;            // made when it is needed
  bool closing = false;
  std::thread thread;

  explicit Impl(const Options& chosen) : options(chosen), thread([this] { loop.run(); }) {}

  ~Impl() {
    asio::post(loop, [this] {
      closing = true;
      quic_client.reset();  // what this completes is posted before the end is
      for (const auto& [address, tracker] : std::exchange(udp, {})) tracker->shut_down(cancelled_by_end());
      for (const auto& fetch : std::exchange(queue, {})) fetch->shut_down(cancelled_by_end());
      for (const auto& fetch : std::exchange(fetches, {})) fetch->shut_down(cancelled_by_end());
      asio::post(loop, [this] { loop.stop(); });
    });
    thread.join();
  }

  Client& quic() {
    if (!quic_client) quic_client = std::make_unique<Client>(options);
    return *quic_client;
  }

  /// A completion of the client over QUIC, which has a thread of its own, as one of ours.
  template <class T>
  Done<T> here(Done<T> done) {
    return [this, done = std::move(done)](Result<T, Error> result) {
      asio::post(loop, [done, result = std::move(result)]() mutable { done(std::move(result)); });
    };
  }

  void ask_udp(const TrackerUrl& url, UdpQuestion question, UdpTracker::Done done) {
    const Instant now = net::monotonic_now();
    std::erase_if(udp, [&](const auto& entry) { return entry.second->idle(now); });
    auto& tracker = udp[{url.host, url.port}];
    if (!tracker) tracker = std::make_shared<UdpTracker>(loop, *resolver, options, entropy);
    tracker->ask(now, url.host, url.port, std::move(question), std::move(done));
  }

  // No tracker gets more connections at once, however many swarms are asked for.
  void fetch(const Tracker& tracker, std::string target, bool repeatable, Done<wire::HttpAnswer> done) {
    Tracker whole = tracker;
    whole.url.target = std::move(target);
    if (whole.url.scheme == TrackerScheme::kH3) return fetch_h3(std::move(whole), repeatable, 0, std::move(done));
    const auto place = std::make_shared<std::weak_ptr<HttpFetch>>();
    auto ended = [this, place, done = std::move(done)](Result<wire::HttpAnswer, Error> answer) {
      fetches.remove(place->lock());
      done(std::move(answer));
      start_fetches();
    };
    queue.push_back(std::make_shared<HttpFetch>(loop, *resolver, options, std::move(whole), std::move(ended)));
    *place = queue.back();
    start_fetches();
  }

  // All over one connection.
  void fetch_h3(Tracker tracker, bool repeatable, unsigned redirects, Done<wire::HttpAnswer> done) {
    const TrackerUrl url = tracker.url;
    const auto trust = tracker.trust(url.host, url.port);
    if (!trust) return done(Failure(trust.error()));
    auto ended = here<wire::HttpAnswer>([this, tracker = std::move(tracker), repeatable, redirects,
                                         done = std::move(done)](Result<wire::HttpAnswer, Error> answer) mutable {
      if (!answer || !is_redirect(answer->status) || answer->location.empty()) return done(std::move(answer));
      auto to = next_place(tracker.url, answer->location, redirects + 1);
      if (!to) return done(Failure(faulty(to.error())));
      tracker.url = *std::move(to);
      fetch_h3(std::move(tracker), repeatable, redirects + 1, std::move(done));
    });
    quic().get({url.host, url.port, *trust}, host_field(url), url.target, repeatable, std::move(ended));
  }

  void start_fetches() {
    while (!queue.empty() && fetches.size() < kMostFetches) {
      const auto next = std::move(queue.front());
      queue.pop_front();
      fetches.push_back(next);
      next->start();
    }
  }

  void announce_http(const Tracker& tracker, const TrackerAnnounce& request, Done<wire::AnnounceAnswer> done) {
    const wire::Asker asker{request.peer_id, request.key, request.tracker_id};
    const bool repeatable = request.announce.event != tracker::AnnounceEvent::kCompleted;
    fetch(tracker, wire::announce_target(tracker.url.target, with_left(request.announce), asker), repeatable,
          [done = std::move(done)](Result<wire::HttpAnswer, Error> answer) {
            take_http(std::move(answer), done, [](Bytes body) { return wire::parse_bencoded_announce(body); });
          });
  }

  void scrape_http(const Tracker& tracker, const std::shared_ptr<ScrapeRound>& round) {
    const auto target = scrape_target_of(tracker.url.target);
    if (!target) return round->fail(no_scrape("the last part of its path does not begin with announce (BEP 48)"));
    round->start(kHashesPerUrl, [this, &tracker, &target](const auto& hashes, Done<Figures> done) {
      fetch(tracker, wire::scrape_target(*target, hashes), true,
            [hashes, done = std::move(done)](Result<wire::HttpAnswer, Error> answer) {
              take_http(std::move(answer), done, [&](Bytes body) { return wire::parse_bencoded_scrape(body, hashes); });
            });
    });
  }

  void announce_quic(const Server& server, const TrackerAnnounce& request, Done<wire::AnnounceAnswer> done) {
    quic().announce(server, {request.announce, request.peer_id},
                    here<tracker::AnnounceReply>([done = std::move(done)](Result<tracker::AnnounceReply, Error> reply) {
                      if (!reply) return done(Failure(reply.error()));
                      done(wire::AnnounceAnswer{std::move(*reply)});
                    }));
  }

  void scrape_quic(const Server& server, const std::shared_ptr<ScrapeRound>& round) {
    quic().capabilities(
        server, here<wire::CapabilityReply>([this, server, round](const auto& reply) {
          // A server of the protocol's first document refuses the question: that says that it has no extensions.
          if (!reply && reply.error().kind != ErrorKind::kRefused) return round->fail(reply.error());
          if (!reply || !reply->capabilities.has(wire::Capability::kScrape)) {
            return round->fail(no_scrape("torq announce tells the figures of a swarm, and joins it"));
          }
          const std::uint64_t most = std::clamp<std::uint64_t>(reply->limits.max_scrape, 1, kMostHashes);
          round->start(static_cast<std::size_t>(most), [this, server](const auto& hashes, Done<Figures> done) {
            quic().scrape(server, hashes,
                          here<wire::ScrapeReply>([hashes, done](Result<wire::ScrapeReply, Error> answer) {
                            done(scraped(hashes, answer));
                          }));
          });
        }));
  }

  void scrape_udp(const TrackerUrl& url, const std::shared_ptr<ScrapeRound>& round) {
    round->start(wire::kUdpMaxScrape, [this, &url](const auto& hashes, Done<Figures> done) {
      ask_udp(url, hashes, [hashes, done](Result<UdpAnswer, Error> answer) { done(scraped(hashes, answer)); });
    });
  }
};

TrackerClient::TrackerClient(const Options& options) : impl_(std::make_unique<Impl>(options)) {}
TrackerClient::~TrackerClient() = default;

void TrackerClient::announce(const Tracker& tracker, const TrackerAnnounce& request, Done<wire::AnnounceAnswer> done) {
  asio::post(impl_->loop, [impl = impl_.get(), tracker, request, done = std::move(done)]() mutable {
    const TrackerUrl& url = tracker.url;
    if (impl->closing) return done(Failure(cancelled_by_end()));
    if (url.scheme == TrackerScheme::kQuic) {
      const auto trust = tracker.trust(url.host, url.port);
      if (!trust) return done(Failure(trust.error()));
      return impl->announce_quic({url.host, url.port, *trust}, request, std::move(done));
    }
    if (request.peer_id.size() != kPeerIdSize) return done(Failure(bad_peer_id()));
    if (url.is_http()) return impl->announce_http(tracker, request, std::move(done));
    impl->ask_udp(url, question_of(url, request),
                  [done](Result<UdpAnswer, Error> answer) { done(announced(std::move(answer))); });
  });
}

void TrackerClient::scrape(const Tracker& tracker, std::vector<InfoHash> swarms, Done<Figures> done) {
  auto round = std::make_shared<ScrapeRound>(std::move(swarms), std::move(done));
  asio::post(impl_->loop, [impl = impl_.get(), tracker, round] {
    const TrackerUrl& url = tracker.url;
    if (impl->closing) return round->fail(cancelled_by_end());
    if (url.scheme == TrackerScheme::kQuic) {
      const auto trust = tracker.trust(url.host, url.port);
      if (!trust) return round->fail(trust.error());
      return impl->scrape_quic({url.host, url.port, *trust}, round);
    }
    if (url.is_http()) return impl->scrape_http(tracker, round);
    impl->scrape_udp(url, round);
  });
}

void TrackerClient::identify(const TrackerUrl& url, Done<std::string> done) {
  asio::post(impl_->loop, [impl = impl_.get(), url, done = std::move(done)]() mutable {
    if (impl->closing) return done(Failure(cancelled_by_end()));
    if (url.scheme != TrackerScheme::kHttps) {
      impl->quic().identify(url.host, url.port, impl->here(std::move(done)));
      return;
    }
    const auto nobody = [](const std::string&, std::uint16_t) -> Result<Trust, Error> {
      return Trust::pin("sha256:" + std::string(64, '0')).value();  // no key has this digest
    };
    impl->fetch({url, nobody}, url.target, true,
                [done = std::move(done)](const Result<wire::HttpAnswer, Error>& answer) {
                  assert(!answer);
                  const Error& error = answer.error();
                  error.kind == ErrorKind::kTrust && !error.pin.empty() ? done(error.pin) : done(Failure(error));
                });
  });
}

}  // namespace torq::client
