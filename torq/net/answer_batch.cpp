// SPDX-License-Identifier: MIT
#include "torq/net/answer_batch.hpp"

#include <cassert>

namespace torq::net {

AnswerBatch::AnswerBatch() : area_(kCount * DatagramApplication::kMaxAnswer) {
  paths_.reserve(kCount);
  datagrams_.reserve(kCount);
  answers_.reserve(kCount);
}

void AnswerBatch::add(const quic::Path& path, Bytes datagram) {
  assert(!is_full());
  paths_.push_back(path);
  datagrams_.push_back(datagram);
}

bool AnswerBatch::answer(DatagramApplication& application, Instant now, UdpSocket& socket) {
  constexpr std::size_t kRoom = DatagramApplication::kMaxAnswer;
  if (datagrams_.empty()) return false;
  application.foresee(datagrams_);
  const std::size_t together = datagrams_.size() < kBusy ? 1 : kCount;
  for (std::size_t i = 0; i < datagrams_.size(); ++i) {
    const auto room = std::span(area_).subspan(answers_.size() * kRoom).first<kRoom>();
    const std::size_t size = application.answer(now, paths_[i].remote, datagrams_[i], room);
    if (size > 0) answers_.push_back({{paths_[i], quic::Ecn::kNone, size, size}, room.first(size)});
    if (answers_.size() == together) send(socket);
  }
  send(socket);
  paths_.clear();
  datagrams_.clear();
  return true;
}

void AnswerBatch::send(UdpSocket& socket) {
  if (!answers_.empty()) unsent_ += answers_.size() - socket.send(answers_);
  answers_.clear();
}

}  // namespace torq::net
