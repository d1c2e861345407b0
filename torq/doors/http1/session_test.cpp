// SPDX-License-Identifier: MIT
#include "torq/doors/http1/session.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "torq/swarm/memory_store.hpp"

namespace torq::doors::http1 {
namespace {

using Phase = net::ByteSession::Phase;
using namespace std::chrono_literals;

struct StillVitals final : web::Vitals {
  bool is_ready() const override { return true; }
  std::string figures() const override { return "{}"; }
};

// A session over a real site; `hear` gives everything that a client would get.
class SessionTest : public testing::Test {
 protected:
  SessionTest() : folder_(make_folder()), tree_(files::FileTree::at(folder_).value()) {
    std::ofstream(folder_ + "/big") << std::string(300'000, 'x');
  }
  ~SessionTest() override { std::filesystem::remove_all(folder_); }

  void say(std::string_view bytes) { session_->handle_bytes(kNow, as_bytes(bytes)); }

  /// At most `most` bytes, in pieces of `piece`.
  std::string hear(std::size_t most = 10'000'000, std::size_t piece = 10'000'000) {
    std::string heard;
    while (heard.size() < most) {
      const Bytes bytes = session_->next_output(kNow);
      if (bytes.empty()) break;
      const std::size_t taken = std::min({piece, bytes.size(), most - heard.size()});
      heard += as_text(bytes.first(taken));
      session_->handle_sent(kNow, taken);
    }
    return heard;
  }

  static std::string get(std::string_view target, std::string_view fields = "") {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: t\r\n" + std::string(fields) + "\r\n";
  }

  static std::string make_folder() {
    std::string name = std::filesystem::temp_directory_path() / "torq-http1-XXXXXX";
    return mkdtemp(name.data());
  }

  static constexpr Instant kNow{1h};
  std::string folder_;
  files::FileTree tree_;
  tracker::TrackerRules rules_;
  swarm::MemoryStore store_{swarm::SipKey{}, rules_.peer_lifetime()};
  tracker::Tracker tracker_{store_, rules_};
  StillVitals vitals_;
  web::Site site_{{tracker_, tree_, vitals_}, {}, 1};
  Door door_{site_,
             {.limits = {.head_bytes = 1000, .body_bytes = 10, .pending_bytes = 1000},
              .unix_time_at_zero = 784111777s - 1h,
              .alt_svc = "h3=\":7001\""}};
  std::unique_ptr<net::ByteSession> session_ = door_.begin_session({parse_ip("192.0.2.1").value(), 1});
};

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_F(SessionTest, AnswersAndWaitsForTheNext) {
  say(get("/healthz"));

  EXPECT_EQ(hear(),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 3\r\nAlt-Svc: h3=\":7001\"\r\n\r\nok\n");
  EXPECT_EQ(session_->phase(), Phase::kIdle);
  say(get("/healthz"));
  EXPECT_TRUE(hear().ends_with("ok\n"));
}

TEST_F(SessionTest, AnswersARequestThatComesByteByByte) {
  for (const char byte : get("/healthz")) {
    EXPECT_EQ(hear(), "");
    say({&byte, 1});
  }

  EXPECT_TRUE(hear().ends_with("ok\n"));
}

TEST_F(SessionTest, AnswersWhatWasPipelinedInItsOrder) {
  say(get("/healthz") + get("/nowhere") + get("/files/big") + get("/readyz") + "GET /he");

  const std::string heard = hear();

  EXPECT_EQ(count(heard, "HTTP/1.1 "), 4U);
  EXPECT_LT(heard.find("ok\n"), heard.find("404"));
  EXPECT_LT(heard.find("404"), heard.find("xxx"));
  EXPECT_TRUE(
      heard.ends_with("xxxHTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain; "
                      "charset=utf-8\r\nContent-Length: 6\r\nAlt-Svc: h3=\":7001\"\r\n\r\nready\n"));
  EXPECT_EQ(session_->phase(), Phase::kReceiving);
  say("althz HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_TRUE(hear().ends_with("ok\n"));
}

TEST_F(SessionTest, AnswersNoMoreThanTheClientTakes) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += get("/healthz");

  say(many);

  EXPECT_FALSE(session_->wants_bytes());
  EXPECT_LT(session_->next_output(kNow).size(), 1'500U);
  EXPECT_EQ(count(hear(10'000'000, 7), "HTTP/1.1 200"), 100U);
  EXPECT_TRUE(session_->wants_bytes());
}

TEST_F(SessionTest, SendsAFileBlockByBlock) {
  say(get("/files/big"));

  EXPECT_FALSE(session_->wants_bytes());
  EXPECT_EQ(hear(5'000).size(), 5'000U);
  EXPECT_LE(session_->next_output(kNow).size(), 64U * 1024);
  EXPECT_EQ(session_->phase(), Phase::kSending);
  hear();
  EXPECT_EQ(session_->phase(), Phase::kIdle);
}

TEST_F(SessionTest, BreaksOffWhenAFileShrinksWhileItIsSent) {
  say(get("/files/big"));
  hear(5'000);

  std::filesystem::resize_file(folder_ + "/big", 10);
  hear();

  EXPECT_EQ(session_->phase(), Phase::kFailed);
}

TEST_F(SessionTest, ClosesWhenTheClientWouldLikeIt) {
  say(get("/healthz", "Connection: close\r\n") + get("/healthz"));

  EXPECT_EQ(session_->phase(), Phase::kSending);
  const std::string heard = hear();
  EXPECT_EQ(count(heard, "HTTP/1.1 "), 1U);
  EXPECT_EQ(count(heard, "\r\nConnection: close\r\n"), 1U);
  EXPECT_EQ(session_->phase(), Phase::kOver);
}

TEST_F(SessionTest, SpeaksHttp10) {
  say("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(count(hear(), "\r\nConnection: keep-alive\r\n"), 1U);

  say("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(hear().ends_with("ok\n"));
  EXPECT_EQ(session_->phase(), Phase::kOver);
}

TEST_F(SessionTest, AnswersWhatItCannotReadAndReadsNoMore) {
  const auto expect_status = [&](std::string_view bytes, std::string_view status) {
    session_ = door_.begin_session({});
    say(bytes);
    EXPECT_TRUE(hear().starts_with("HTTP/1.1 " + std::string(status) + " ")) << bytes;
    EXPECT_EQ(session_->phase(), Phase::kRefused) << bytes;
    EXPECT_FALSE(session_->wants_bytes());
  };

  expect_status("nonsense\r\n\r\n", "400");
  expect_status("\x16\x03\x01\x02", "400");
  expect_status("GET /" + std::string(1'000, 'x'), "414");
  expect_status(get("/", "X: " + std::string(1'000, 'x') + "\r\n"), "431");
  expect_status("GET / HTTP/2.0\r\n\r\n", "505");
  expect_status("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 11\r\n\r\n", "413");
  expect_status("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n", "501");
}

TEST_F(SessionTest, ThrowsASmallBodyAway) {
  say("POST /announce HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nGET / ");

  EXPECT_TRUE(hear().starts_with("HTTP/1.1 405 "));
  EXPECT_EQ(session_->phase(), Phase::kReceiving);
  say("HTTP" + get("/healthz"));
  EXPECT_TRUE(hear().ends_with("ok\n"));
}

TEST_F(SessionTest, SaysThatARequestIsOverdue) {
  say("GET / HTT");

  session_->handle_overdue(kNow);

  EXPECT_TRUE(hear().starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(session_->phase(), Phase::kRefused);
}

TEST_F(SessionTest, AnswersAClientThatHasEndedItsSide) {
  say(get("/healthz"));
  session_->handle_end();

  EXPECT_TRUE(hear().ends_with("ok\n"));
}

TEST_F(SessionTest, TakesItsLeaveWithTheNextAnswerWhenTheServerEnds) {
  session_->handle_drain();
  say(get("/healthz"));

  EXPECT_EQ(count(hear(), "\r\nConnection: close\r\n"), 1U);
  EXPECT_EQ(session_->phase(), Phase::kOver);
}

}  // namespace
}  // namespace torq::doors::http1
