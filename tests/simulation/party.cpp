// SPDX-License-Identifier: MIT
#include "party.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace torq::simulation {

Party::Party(Direction outward, std::uint64_t seed, quic::EndpointOptions options, Application& application)
    : outward_(outward), entropy_(seed), options_(std::move(options)), application_(application) {
  restart();
}

void Party::restart() {
  endpoint_ = std::make_unique<quic::Endpoint>(options_, entropy_);
  ended_.clear();
}

void Party::handle(Instant now, const Arrival& arrival) {
  endpoint_->handle_datagram(now, arrival.path, arrival.ecn, arrival.bytes);
}

void Party::act(Instant now, Link& link) {
  drain(now, link);
  // After a silence ngtcp2 may have several deadlines in the past; it needs as many rounds, each with its writes.
  constexpr int kPatience = 16;
  for (int round = 0; round < kPatience; ++round) {
    const auto due = endpoint_->next_timeout();
    if (!due || *due > now) return;
    endpoint_->handle_timeout(now);
    drain(now, link);
  }
  ADD_FAILURE() << "a deadline that was handled again and again is still due: a driver would spin";
}

void Party::drain(Instant now, Link& link) {
  for (bool more = true; more;) {
    more = false;
    while (const auto event = endpoint_->next_event()) deliver(now, *event);
    while (const auto run = endpoint_->next_transmit(now, area_)) {
      transmit(now, *run, link);
      more = true;
    }
  }
}

void Party::deliver(Instant now, const quic::Event& event) {
  ++event_count_;
  EXPECT_FALSE(ended_.contains(event.connection)) << "an event after Closed";
  EXPECT_EQ(endpoint_->find(event.connection) == nullptr, std::holds_alternative<quic::Refused>(event.what))
      << "an event of a connection that is not there";
  if (std::holds_alternative<quic::Closed>(event.what)) ended_.insert(event.connection);
  application_.handle_event(now, *endpoint_, event);
}

void Party::transmit(Instant now, const quic::Transmit& run, Link& link) {
  ASSERT_GT(run.segment_size, 0U);
  Bytes rest = Bytes(area_).first(run.size);
  while (!rest.empty()) {
    const Bytes datagram = rest.first(std::min(run.segment_size, rest.size()));
    link.send(now, outward_, run.path, run.ecn, datagram);
    rest = rest.subspan(datagram.size());
  }
}

}  // namespace torq::simulation
