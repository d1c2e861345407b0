// SPDX-License-Identifier: MIT
#include "apps/torq/server/worker.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "torq/doors/http1/door.hpp"
#include "torq/doors/quic/quic_door.hpp"
#include "torq/net/clock.hpp"
#include "torq/net/system_entropy.hpp"

namespace torq::app {
namespace {

namespace asio = boost::asio;

constexpr auto kExpiryPeriod = std::chrono::milliseconds(100);
constexpr int kExpiryStepsPerTick = 64;
constexpr auto kDrainPeriod = std::chrono::milliseconds(10);

}  // namespace

struct Worker::Impl {
  const Shared& shared;
  bool sweeps;  // one worker is enough to expire the peers of all
  asio::io_context loop{1};
  net::SystemEntropy entropy;
  doors::quic_json::Service service;
  web::Site http3_site;  // apart, so that each counts the requests of its door
  web::Site http1_site;
  doors::http3::Door http3;
  doors::quic::QuicDoor door;
  ConnectionLog connection_log;
  doors::http1::Door http1;
  net::TcpServer tcp;
  doors::udp::Door udp;
  net::QuicDriver driver;
  std::vector<net::QuicDriver*> siblings;
  asio::steady_timer expiry{loop};
  asio::steady_timer drain_timer{loop};
  std::optional<Instant> drain_deadline;
  std::function<void()> drained;
  std::thread thread;

  Impl(const Shared& what, quic::EndpointOptions options, const net::TcpLimits& tcp_limits, WorkerSockets sockets)
      : shared(what),
        sweeps(options.worker.index == 0),
        service(what.tracker, what.files, what.limits, net::draw_seed(entropy)),
        http3_site({what.tracker, what.files, what.vitals}, what.limits, net::draw_seed(entropy)),
        http1_site({what.tracker, what.files, what.vitals}, what.limits, net::draw_seed(entropy)),
        http3(http3_site, {.limits = {}, .unix_time_at_zero = options.unix_time_at_zero}),
        door(service, http3),
        connection_log(door, what.log),
        http1(http1_site, {.limits = {}, .unix_time_at_zero = options.unix_time_at_zero, .alt_svc = what.alt_svc}),
        tcp(loop, std::move(sockets.tcp), http1, *options.server, tcp_limits),
        udp(what.tracker, what.udp_ids, net::draw_seed(entropy)),
        driver(loop, std::move(options), entropy, std::move(sockets.udp), connection_log, udp) {}

  void run() {
    driver.start();
    tcp.start();
    if (sweeps) sweep();
    loop.run();
    connection_log.finish();
  }

  // In small steps, so that requests wait for none of it.
  void sweep() {
    bool more = true;
    for (int i = 0; more && i < kExpiryStepsPerTick; ++i) more = shared.store.expire(net::monotonic_now());
    expiry.expires_after(kExpiryPeriod);
    expiry.async_wait([this](boost::system::error_code error) {
      if (!error) sweep();
    });
  }

  WorkerFigures figures() {
    return {.json = service.counts(),
            .http3 = http3_site.counts(),
            .http1 = http1_site.counts(),
            .udp = udp.counts(),
            .quic = driver.endpoint().counts(),
            .tcp = tcp.counts(),
            .datagrams = driver.counts(),
            .connections = driver.endpoint().connection_count(),
            .http_connections = tcp.connection_count(),
            .memory = driver.endpoint().memory_used(),
            .http_memory = tcp.memory_used(),
            .failures = connection_log.failures()};
  }

  void close_silent_connections() {
    quic::Endpoint& endpoint = driver.endpoint();
    const Instant now = net::monotonic_now();
    const bool late = now >= *drain_deadline;
    door.drain(now, endpoint);
    for (const quic::ConnectionHandle handle : endpoint.connections()) {
      if (late || endpoint.find(handle)->open_streams() == 0) endpoint.close(now, handle);
    }
    driver.flush();
    if (late) tcp.close_all();
    if (endpoint.connection_count() == 0 && tcp.connection_count() == 0) return drained();
    drain_timer.expires_after(kDrainPeriod);
    drain_timer.async_wait([this](boost::system::error_code error) {
      if (!error) close_silent_connections();
    });
  }
};

Worker::Worker(const Shared& shared, quic::EndpointOptions options, const net::TcpLimits& tcp_limits,
               WorkerSockets sockets)
    : impl_(std::make_unique<Impl>(shared, std::move(options), tcp_limits, std::move(sockets))) {}

Worker::~Worker() {
  stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

void Worker::start(std::span<const std::unique_ptr<Worker>> workers, const std::function<void()>& ended) {
  std::vector<net::QuicDriver*> drivers;
  for (const auto& worker : workers) drivers.push_back(&worker->impl_->driver);
  for (const auto& worker : workers) {
    worker->impl_->siblings = drivers;
    worker->impl_->driver.join(worker->impl_->siblings);
  }
  for (const auto& worker : workers) {
    worker->impl_->thread = std::thread([impl = worker->impl_.get(), ended] {
      impl->run();
      ended();
    });
  }
}

void Worker::use(quic::ServerTls tls) {
  asio::post(impl_->loop, [impl = impl_.get(), tls = std::move(tls)] {
    impl->driver.endpoint().use(tls);
    impl->tcp.use(tls);
  });
}

void Worker::use(const quic::Limits& limits, const net::TcpLimits& tcp_limits) {
  asio::post(impl_->loop, [impl = impl_.get(), limits, tcp_limits] {
    impl->driver.endpoint().use(limits);
    impl->tcp.use(tcp_limits);
  });
}

void Worker::drain(Duration deadline, std::function<void()> drained) {
  asio::post(impl_->loop, [impl = impl_.get(), deadline, drained = std::move(drained)] {
    if (impl->drain_deadline) return;
    impl->drained = drained;
    impl->drain_deadline = net::monotonic_now() + deadline;
    impl->driver.endpoint().refuse_newcomers();
    impl->tcp.drain();
    impl->close_silent_connections();
  });
}

void Worker::stop() { impl_->loop.stop(); }

void Worker::ask(std::function<void(const WorkerFigures&)> told) {
  asio::post(impl_->loop, [impl = impl_.get(), told = std::move(told)] {
    impl->connection_log.beat(net::monotonic_now());
    told(impl->figures());
  });
}

void Worker::renew_secrets(const quic::Secrets& secrets) {
  asio::post(impl_->loop, [impl = impl_.get(), secrets] { impl->driver.endpoint().renew_secrets(secrets); });
}

}  // namespace torq::app
