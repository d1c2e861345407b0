// SPDX-License-Identifier: MIT
#include "torq/net/quic_driver.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "torq/net/answer_batch.hpp"
#include "torq/net/clock.hpp"
#include "torq/quic/invariants.hpp"

namespace torq::net {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

// Bounds on what one wake-up does before timers and the other sockets have their turn.
constexpr int kBatchesPerPump = 16;  // of sends
// Datagrams on their way from other workers; beyond it they are lost, as a full socket buffer would lose them.
constexpr std::size_t kInboxLimit = 4096;
constexpr std::size_t kRunSize = 64 * 1024;
constexpr std::size_t kSendArea = 8 * kRunSize;

}  // namespace

struct QuicDriver::Impl {
  struct Port {
    UdpSocket socket;
    UdpSpeech speech;
    Descriptor descriptor;

    Port(asio::io_context& loop, UdpSocket owned, UdpSpeech spoken)
        : socket(std::move(owned)), speech(spoken), descriptor(loop, socket.native_handle()) {}
    ~Port() { descriptor.release(); }
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;
  };

  asio::io_context& loop;
  quic::WorkerSlot slot;
  quic::Endpoint endpoint;
  QuicApplication& application;
  DatagramApplication* datagrams = nullptr;  // where there is another protocol
  AnswerBatch answers;
  std::vector<std::unique_ptr<Port>> ports;
  std::span<QuicDriver* const> workers;
  ReceiveBatch batch;
  asio::steady_timer timer;
  std::optional<Instant> armed;
  std::vector<std::byte> area = std::vector<std::byte>(kSendArea);
  std::vector<Outgoing> outgoing;  // into `area`; left over while a socket's buffer is full
  std::atomic<std::size_t> inbox = 0;
  DatagramCounts counts;
  bool pumping = false;

  Impl(asio::io_context& io, quic::EndpointOptions options, Entropy& entropy, QuicApplication& app)
      : loop(io), slot(options.worker), endpoint(std::move(options), entropy), application(app), timer(io) {}

  void wait_readable(Port& port) {
    port.descriptor.async_wait(Descriptor::wait_read, [this, &port](boost::system::error_code error) {
      if (error) return;
      const Instant now = monotonic_now();
      const std::size_t most = endpoint.limits().datagrams_per_wake;
      std::size_t total = 0;
      bool more = true;
      while (more && total < most) {
        total += port.socket.receive(batch, [&](const quic::Path& path, quic::Ecn ecn, Bytes datagram) {
          take(now, port, path, ecn, datagram);
        });
        // While those were answered others have come: to look costs less than to wait for the news of it.
        const bool answered = datagrams != nullptr && answers.answer(*datagrams, now, port.socket);
        more = answered || batch.was_full();
      }
      port.socket.take_refusals([&](const SocketAddress& remote) { application.handle_refusal(now, remote); });
      if (total >= most) endpoint.note(quic::LimitHit::kDatagramsPerWake);
      pump(now);
      wait_readable(port);
    });
  }

  void take(Instant now, Port& port, const quic::Path& path, quic::Ecn ecn, Bytes datagram) {
    if (port.speech == UdpSpeech::kDatagrams || (port.speech == UdpSpeech::kEither && !quic::could_be_quic(datagram))) {
      if (answers.is_full()) answers.answer(*datagrams, now, port.socket);
      return answers.add(path, datagram);
    }
    if (workers.size() > 1) {
      const auto owner = quic::worker_named_by(datagram, static_cast<unsigned>(workers.size()));
      if (owner && *owner != slot.index) {
        ++counts.forwarded;
        if (!workers[*owner]->impl_->receive_forwarded(path, ecn, datagram)) ++counts.inbox_full;
        return;
      }
    }
    endpoint.handle_datagram(now, path, ecn, datagram);
  }

  // Runs on the thread of the worker that received the datagram. False: it is lost.
  bool receive_forwarded(const quic::Path& path, quic::Ecn ecn, Bytes datagram) {
    if (inbox.fetch_add(1, std::memory_order_relaxed) >= kInboxLimit) {
      inbox.fetch_sub(1, std::memory_order_relaxed);
      return false;
    }
    asio::post(loop, [this, path, ecn, copy = std::vector<std::byte>(datagram.begin(), datagram.end())] {
      inbox.fetch_sub(1, std::memory_order_relaxed);
      const Instant now = monotonic_now();
      endpoint.handle_datagram(now, path, ecn, copy);
      pump(now);
    });
    return true;
  }

  // Events, then datagrams, until neither is left: an event may make something to send, and sending may make room that
  // is an event.
  void pump(Instant now) {
    if (pumping) return;  // an application flushes while it handles an event
    pumping = true;
    bool more = true;
    for (int i = 0; more && i < kBatchesPerPump; ++i) {
      hand_over(now);
      more = outgoing.empty() && collect(now);
      if (more) send();
    }
    pumping = false;
    if (more) asio::post(loop, [this] { pump(monotonic_now()); });
    arm();
  }

  void hand_over(Instant now) {
    for (std::size_t foreseen = 0; const auto event = endpoint.next_event();) {
      if (foreseen == 0) foreseen = application.foresee(endpoint);
      if (foreseen > 0) --foreseen;
      application.handle_event(now, endpoint, *event);
    }
  }

  bool collect(Instant now) {
    for (std::size_t used = 0; kSendArea - used >= kRunSize;) {
      const auto space = std::span(area).subspan(used, kRunSize);
      const auto run = endpoint.next_transmit(now, space);
      if (!run) break;
      outgoing.push_back({*run, space.first(run->size)});
      used += run->size;
    }
    return !outgoing.empty();
  }

  void send() {
    std::size_t done = 0;
    while (done < outgoing.size()) {
      Port* port = port_for(outgoing[done].transmit.path.local);
      if (port == nullptr) {
        ++done;
        continue;
      }
      const auto first = outgoing.begin() + static_cast<std::ptrdiff_t>(done);
      const auto other = std::find_if(
          first, outgoing.end(), [&](const Outgoing& run) { return !port->socket.serves(run.transmit.path.local); });
      const auto count = static_cast<std::size_t>(other - first);
      const std::size_t sent = port->socket.send({&*first, count});
      done += sent;
      if (sent < count) {
        outgoing.erase(outgoing.begin(), outgoing.begin() + static_cast<std::ptrdiff_t>(done));
        return wait_writable(*port);
      }
    }
    outgoing.clear();
  }

  void wait_writable(Port& port) {
    port.descriptor.async_wait(Descriptor::wait_write, [this](boost::system::error_code error) {
      if (error) return;
      send();
      pump(monotonic_now());
    });
  }

  Port* port_for(const SocketAddress& local) {
    const auto found = std::ranges::find_if(ports, [&](const auto& port) { return port->socket.serves(local); });
    return found == ports.end() ? nullptr : found->get();
  }

  void arm() {
    const auto next = outgoing.empty() ? endpoint.next_timeout() : std::nullopt;  // a full socket wakes us itself
    // One that comes too early costs a look; to put it off each time that the deadline moves costs more.
    if (next && armed && *armed <= *next) return;
    if (!next && !armed) return;
    armed = next;
    if (!next) {
      timer.cancel();
      return;
    }
    timer.expires_at(std::chrono::steady_clock::time_point(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(next->time_since_epoch())));
    timer.async_wait([this](boost::system::error_code error) {
      if (error) return;
      armed.reset();
      const Instant now = monotonic_now();
      endpoint.handle_timeout(now);
      pump(now);
    });
  }
};

QuicDriver::QuicDriver(asio::io_context& loop, quic::EndpointOptions options, Entropy& entropy,
                       std::vector<UdpSocket> sockets, QuicApplication& application)
    : impl_(std::make_unique<Impl>(loop, std::move(options), entropy, application)) {
  for (UdpSocket& socket : sockets) {
    impl_->ports.push_back(std::make_unique<Impl::Port>(loop, std::move(socket), UdpSpeech::kQuic));
  }
}

QuicDriver::QuicDriver(asio::io_context& loop, quic::EndpointOptions options, Entropy& entropy,
                       std::vector<UdpPort> ports, QuicApplication& application, DatagramApplication& datagrams)
    : impl_(std::make_unique<Impl>(loop, std::move(options), entropy, application)) {
  impl_->datagrams = &datagrams;
  for (UdpPort& port : ports) {
    impl_->ports.push_back(std::make_unique<Impl::Port>(loop, std::move(port.socket), port.speech));
  }
}

QuicDriver::~QuicDriver() = default;

void QuicDriver::join(std::span<QuicDriver* const> workers) { impl_->workers = workers; }

void QuicDriver::start() {
  for (const auto& port : impl_->ports) impl_->wait_readable(*port);
}

quic::Endpoint& QuicDriver::endpoint() { return impl_->endpoint; }

std::optional<SocketAddress> QuicDriver::local_for(Family family) const {
  for (const auto& port : impl_->ports) {
    if (port->socket.address().ip.family() == family) return port->socket.address();
  }
  return std::nullopt;
}

void QuicDriver::flush() { impl_->pump(monotonic_now()); }

DatagramCounts QuicDriver::counts() const {
  DatagramCounts counts = impl_->counts;
  counts.unsent = impl_->answers.unsent();
  return counts;
}

}  // namespace torq::net
