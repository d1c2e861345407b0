// SPDX-License-Identifier: MIT
#include "torq/doors/quic_json/exchange.hpp"

#include <algorithm>

#include "torq/doors/quic_json/codes.hpp"

namespace torq::doors::quic_json {
namespace {

// Of a file, per step. A byte becomes up to four when it is written as a number.
constexpr std::size_t kSmallestBlock = 4 * 1024;
constexpr std::size_t kLargestBlock = 16 * 1024;

}  // namespace

void Exchange::handle_readable(Instant now, Service& service, quic::Connection& connection) {
  const auto incoming = connection.peek(stream_);
  const std::size_t size = incoming.bytes.size();
  if (answered_) return connection.consume(stream_, size);
  if (size > service.limits().max_request_bytes) {
    begin(service.refuse_too_large(), connection);
    return connection.stop_sending(stream_, kNoMoreNeeded);
  }
  if (!incoming.last) return connection.consume(stream_, 0);
  Answer answer = service.answer(now, connection.peer().ip, incoming.bytes);
  connection.consume(stream_, size);
  begin(std::move(answer), connection);
}

void Exchange::begin(Answer answer, quic::Connection& connection) {
  answered_ = true;
  pending_ = std::move(answer.text);
  if (answer.body) body_.emplace(std::move(*answer.body));
  handle_writable(connection);
}

void Exchange::handle_writable(quic::Connection& connection) {
  if (!answered_) return;
  while (write_pending(connection)) {
    if (!body_ || body_->done()) return connection.finish(stream_);
    if (body_->is_plain()) {
      const Step step = read_into(connection);
      if (step == Step::kFull) break;
      if (step == Step::kFailed) return fail(connection);
      continue;
    }
    const std::size_t block = std::clamp(connection.room(stream_) / 4, kSmallestBlock, kLargestBlock);
    if (!body_->produce(pending_, block)) return fail(connection);
  }
  if (body_) body_->pause();
}

// From the file into the stream's buffer, without a stop between them.
Exchange::Step Exchange::read_into(quic::Connection& connection) {
  const auto space = connection.prepare(stream_, body_->bytes_left());
  if (space.empty()) return Step::kFull;
  if (!body_->read_into(space)) return Step::kFailed;
  connection.commit(stream_, space.size());
  return Step::kDone;
}

void Exchange::fail(quic::Connection& connection) {
  body_.reset();
  connection.reset(stream_, kInternalError);
}

// False while the stream has no room for all of it; StreamWritable will follow.
bool Exchange::write_pending(quic::Connection& connection) {
  written_ += connection.write(stream_, as_bytes(pending_).subspan(written_));
  if (written_ < pending_.size()) return false;
  pending_.clear();
  written_ = 0;
  return true;
}

}  // namespace torq::doors::quic_json
