// SPDX-License-Identifier: MIT
#pragma once
// A client's talk with a UDP tracker at one address (BEP 15, BEP 41), sans-IO: gets a connection ID and keeps it for a
// minute, asks, asks again after 15 x 2^n seconds, and gives each question up at its deadline. Any number of questions
// run side by side. What does not carry the transaction ID of something that was asked is nobody's answer. It lives on
// its client's thread. Internal to client/.
//
//   ask(now, …), knock(now, …)                        what is wanted
//   while (auto n = next_datagram(now, room)) …       what to send
//   handle_datagram(now, bytes), handle_timeout(now)  what happened; again at next_timeout()
//   while (auto answer = next_answer()) …             what came of it

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "torq/base/clock.hpp"
#include "torq/base/random.hpp"
#include "torq/client/error.hpp"
#include "torq/wire/udp_packets.hpp"

namespace torq::client {

struct UdpAnnounceQuestion {
  wire::UdpAnnounce request;
  std::string url_data;  ///< path and query of the announce URL; may be empty
};
using UdpScrapeQuestion = std::vector<InfoHash>;  ///< at most wire::kUdpMaxScrape
using UdpQuestion = std::variant<UdpAnnounceQuestion, UdpScrapeQuestion>;

using UdpFigures = std::vector<tracker::SwarmCounts>;  ///< one for each hash of the question
using UdpAnswer = std::variant<tracker::AnnounceReply, UdpFigures>;

class UdpConversation {
 public:
  /// BEP 15: how long a client may use a connection ID.
  static constexpr Duration kIdLifetime = std::chrono::minutes(1);
  static constexpr Duration kFirstPatience = std::chrono::seconds(15);
  /// "n" of BEP 15 stops growing here.
  static constexpr unsigned kMostDoublings = 8;

  /// `family` is that of the tracker's address; `entropy` outlives the conversation.
  UdpConversation(Family family, Entropy& entropy) : family_(family), entropy_(entropy) {}

  /// Gets a connection ID though nothing is asked yet.
  void knock(Instant now);
  /// `number` names the question in its answer.
  void ask(Instant now, std::uint64_t number, UdpQuestion question, Instant deadline);
  bool connected(Instant now) const { return id_ && now < id_ends_; }
  bool idle() const { return questions_.empty(); }
  /// Why knock() was in vain, when the tracker has said so.
  const std::optional<Error>& refusal() const { return refusal_; }

  std::size_t next_datagram(Instant now, std::span<std::byte> room);
  void handle_datagram(Instant now, Bytes datagram);
  void handle_timeout(Instant now);
  std::optional<Instant> next_timeout(Instant now) const;

  struct Answered {
    std::uint64_t number;
    Result<UdpAnswer, Error> answer;
  };
  std::optional<Answered> next_answer();

 private:
  /// Something that is sent until it is answered.
  struct Pending {
    wire::UdpTransaction transaction{};
    unsigned tries = 0;
    Instant due;  // when it is sent (again)
  };
  struct Question {
    UdpQuestion what;
    Instant deadline;
    Pending pending;
  };

  bool wants_id(Instant now) const;
  void note_sent(Instant now, Pending& pending) const;
  wire::UdpTransaction draw_transaction();
  std::size_t encode(const Question& question, std::span<std::byte> room) const;
  void take_connect_reply(Instant now, const wire::UdpReply& reply);
  void take_answer(std::uint64_t number, const wire::UdpReply& reply);
  void fail_all(const Error& error);
  void finish(std::uint64_t number, Result<UdpAnswer, Error> answer);

  const Family family_;
  Entropy& entropy_;
  std::optional<wire::UdpConnectionId> id_;
  Instant id_ends_{};
  std::optional<Pending> connect_;  // under way
  std::optional<Error> refusal_;
  std::map<std::uint64_t, Question> questions_;
  std::deque<Answered> answers_;
};

}  // namespace torq::client
