// SPDX-License-Identifier: MIT
#include "torq/net/answer_batch.hpp"

namespace torq::net {

AnswerBatch::AnswerBatch() : area_(kCount * DatagramApplication::kMaxAnswer) { answers_.reserve(kCount); }

void AnswerBatch::ask(DatagramApplication& application, Instant now, const quic::Path& path, Bytes datagram,
                      UdpSocket& socket) {
  constexpr std::size_t kRoom = DatagramApplication::kMaxAnswer;
  if (answers_.size() == kCount) send(socket);
  const auto room = std::span(area_).subspan(answers_.size() * kRoom).first<kRoom>();
  const std::size_t size = application.answer(now, path.remote, datagram, room);
  if (size > 0) answers_.push_back({{path, quic::Ecn::kNone, size, size}, room.first(size)});
}

void AnswerBatch::send(UdpSocket& socket) {
  if (answers_.empty()) return;
  unsent_ += answers_.size() - socket.send(answers_);
  answers_.clear();
}

}  // namespace torq::net
