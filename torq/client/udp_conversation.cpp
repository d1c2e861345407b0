// SPDX-License-Identifier: MIT
#include "torq/client/udp_conversation.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace torq::client {
namespace {

using wire::UdpAction;
using wire::UdpHeader;

Error refused(std::string_view text) {
  while (text.ends_with('\0')) text.remove_suffix(1);  // some trackers end it as C does
  return {ErrorKind::kRefused, "", "the tracker refuses: " + tame(text), "", ""};
}

Error wrong_answer(std::string what) {
  return {ErrorKind::kFaulty, "", "the answer is wrong: " + std::move(what), "check that the URL is a tracker's", ""};
}

Error cut_answer(Bytes datagram) {
  return {ErrorKind::kFaulty, "", "the answer is cut: it has " + std::to_string(datagram.size()) + " bytes",
          "the tracker may serve other torrents only", ""};
}

Error silence(bool had_connected) {
  if (had_connected) {
    return {ErrorKind::kTimeout, "", "no answer in time", "the tracker may be overloaded: try again later", ""};
  }
  return {ErrorKind::kUnreachable, "", "no answer over UDP",
          "check that the tracker runs, its port, and that UDP passes the firewalls", ""};
}

}  // namespace

void UdpConversation::knock(Instant now) {
  if (!connected(now) && !connect_) connect_ = Pending{draw_transaction(), 0, now};
}

void UdpConversation::ask(Instant now, std::uint64_t number, UdpQuestion question, Instant deadline) {
  questions_.emplace(number, Question{std::move(question), deadline, {draw_transaction(), 0, now}});
}

bool UdpConversation::wants_id(Instant now) const {
  return connect_ ||
         std::ranges::any_of(questions_, [&](const auto& entry) { return entry.second.pending.due <= now; });
}

// BEP 15: "timeout = 15 * 2 ^ n".
void UdpConversation::note_sent(Instant now, Pending& pending) const {
  pending.due = now + kFirstPatience * (1U << std::min(pending.tries, kMostDoublings));
  ++pending.tries;
}

// What only the tracker can repeat: an answer from elsewhere would have to guess it.
wire::UdpTransaction UdpConversation::draw_transaction() {
  std::array<std::byte, sizeof(std::uint32_t)> bytes{};
  entropy_.fill(bytes);
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.data(), bytes.size());
  return wire::UdpTransaction{number};
}

std::size_t UdpConversation::next_datagram(Instant now, std::span<std::byte> room) {
  if (!connected(now)) {
    if (!wants_id(now)) return 0;
    knock(now);
    if (connect_->due > now) return 0;
    note_sent(now, *connect_);
    return wire::encode_udp_connect(room, connect_->transaction);
  }
  for (auto& [number, question] : questions_) {
    if (question.pending.due > now) continue;
    note_sent(now, question.pending);
    return encode(question, room);
  }
  return 0;
}

std::size_t UdpConversation::encode(const Question& question, std::span<std::byte> room) const {
  UdpHeader header{*id_, UdpAction::kScrape, question.pending.transaction};
  if (const auto* hashes = std::get_if<UdpScrapeQuestion>(&question.what)) {
    return wire::encode_udp_scrape(room, header, *hashes);
  }
  header.action = UdpAction::kAnnounce;
  const auto& announce = std::get<UdpAnnounceQuestion>(question.what);
  return wire::encode_udp_announce(room, header, announce.request, announce.url_data);
}

void UdpConversation::handle_datagram(Instant now, Bytes datagram) {
  const auto transaction = wire::parse_udp_reply_transaction(datagram);
  if (!transaction) return;
  const auto reply = wire::parse_udp_reply(datagram, family_);
  if (connect_ && connect_->tries > 0 && *transaction == connect_->transaction) {
    return reply ? take_connect_reply(now, *reply) : fail_all(cut_answer(datagram));
  }
  const auto found = std::ranges::find_if(questions_, [&](const auto& entry) {
    return entry.second.pending.tries > 0 && entry.second.pending.transaction == *transaction;
  });
  if (found == questions_.end()) return;
  // (opentracker says in 8 bytes that a torrent is not on its list.)
  reply ? take_answer(found->first, *reply) : finish(found->first, Failure(cut_answer(datagram)));
}

void UdpConversation::take_connect_reply(Instant now, const wire::UdpReply& reply) {
  if (const auto* error = std::get_if<wire::UdpErrorReply>(&reply.what)) return fail_all(refused(error->text));
  const auto* connect = std::get_if<wire::UdpConnectReply>(&reply.what);
  if (connect == nullptr) return fail_all(wrong_answer("it is not that to a connect request"));
  id_ = connect->connection;
  id_ends_ = now + kIdLifetime;
  connect_.reset();
}

void UdpConversation::take_answer(std::uint64_t number, const wire::UdpReply& reply) {
  if (const auto* error = std::get_if<wire::UdpErrorReply>(&reply.what)) {
    id_.reset();  // it may be what the tracker did not like
    return finish(number, Failure(refused(error->text)));
  }
  const UdpQuestion& asked = questions_.at(number).what;
  const auto* announce = std::get_if<tracker::AnnounceReply>(&reply.what);
  const auto* figures = std::get_if<UdpFigures>(&reply.what);
  const auto* hashes = std::get_if<UdpScrapeQuestion>(&asked);
  if (hashes == nullptr && announce != nullptr) return finish(number, UdpAnswer(*announce));
  if (hashes == nullptr || figures == nullptr) {
    return finish(number, Failure(wrong_answer("it is not to what was asked")));
  }
  if (figures->size() < hashes->size()) {
    return finish(number, Failure(wrong_answer("it has figures for " + std::to_string(figures->size()) + " of " +
                                               std::to_string(hashes->size()) + " swarms")));
  }
  finish(number,
         UdpAnswer(UdpFigures(figures->begin(), figures->begin() + static_cast<std::ptrdiff_t>(hashes->size()))));
}

void UdpConversation::handle_timeout(Instant now) {
  std::vector<std::uint64_t> late;
  for (auto& [number, question] : questions_) {
    if (question.deadline <= now) {
      late.push_back(number);
    } else if (question.pending.tries > 0 && question.pending.due <= now) {
      id_.reset();  // a tracker that was started anew is silent to the old one
    }
  }
  for (const std::uint64_t number : late) {
    const bool had_connected = questions_.at(number).pending.tries > 0;
    finish(number, Failure(silence(had_connected)));
  }
  if (!late.empty() && questions_.empty()) connect_.reset();
}

std::optional<Instant> UdpConversation::next_timeout(Instant now) const {
  std::optional<Instant> next;
  const auto consider = [&](Instant when) { next = next ? std::min(*next, when) : when; };
  if (connect_) consider(connect_->due);
  for (const auto& [number, question] : questions_) {
    consider(question.deadline);
    const bool waits_for_id = connect_ && question.pending.due <= now;
    if (!waits_for_id) consider(question.pending.due);
  }
  return next;
}

std::optional<UdpConversation::Answered> UdpConversation::next_answer() {
  if (answers_.empty()) return std::nullopt;
  Answered answer = std::move(answers_.front());
  answers_.pop_front();
  return answer;
}

void UdpConversation::fail_all(const Error& error) {
  connect_.reset();
  if (questions_.empty()) refusal_ = error;
  while (!questions_.empty()) finish(questions_.begin()->first, Failure(error));
}

void UdpConversation::finish(std::uint64_t number, Result<UdpAnswer, Error> answer) {
  questions_.erase(number);
  answers_.push_back({number, std::move(answer)});
}

}  // namespace torq::client
