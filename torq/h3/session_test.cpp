// SPDX-License-Identifier: MIT
// A session and nghttp3's own client, with nothing between them but the streams' names.
#include "torq/h3/session.hpp"

#include <gtest/gtest.h>
#include <nghttp3/nghttp3.h>

#include <functional>
#include <map>

#include "torq/h3/get.hpp"

namespace torq::h3 {
namespace {

constexpr StreamId kControl{3};
constexpr StreamId kFirst{0};
constexpr StreamId kSecond{4};

struct Answer {
  std::string head;  // `:status 200 content-type text/plain `
  std::string body;
  bool ended = false;
};

// What a client says, and what it makes of the answers.
class Client {
 public:
  Client() {
    nghttp3_settings settings;
    nghttp3_settings_default(&settings);
    nghttp3_callbacks calls{};
    calls.recv_header = [](nghttp3_conn*, std::int64_t id, std::int32_t, nghttp3_rcbuf* name, nghttp3_rcbuf* value,
                           std::uint8_t, void* user, void*) {
      static_cast<Client*>(user)->answers[StreamId{id}].head += text(name) + " " + text(value) + " ";
      return 0;
    };
    calls.recv_data = [](nghttp3_conn*, std::int64_t id, const std::uint8_t* data, std::size_t size, void* user,
                         void*) {
      static_cast<Client*>(user)->answers[StreamId{id}].body.append(reinterpret_cast<const char*>(data), size);
      return 0;
    };
    calls.end_stream = [](nghttp3_conn*, std::int64_t id, void* user, void*) {
      static_cast<Client*>(user)->answers[StreamId{id}].ended = true;
      return 0;
    };
    calls.shutdown = [](nghttp3_conn*, std::int64_t id, void* user) {
      static_cast<Client*>(user)->last_goaway = id;
      return 0;
    };
    EXPECT_EQ(nghttp3_conn_client_new(&conn_, &calls, &settings, nullptr, this), 0);
    nghttp3_conn_bind_control_stream(conn_, 2);
    nghttp3_conn_bind_qpack_streams(conn_, 6, 10);
  }
  ~Client() { nghttp3_conn_del(conn_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void ask(StreamId stream, const std::vector<std::pair<std::string, std::string>>& more = {},
           const std::string& path = "/x?y", bool has_body = false) {
    std::vector<std::pair<std::string, std::string>> fields{
        {":method", has_body ? "POST" : "GET"}, {":scheme", "https"}, {":authority", "t"}, {":path", path}};
    fields.insert(fields.end(), more.begin(), more.end());
    std::vector<nghttp3_nv> pairs;
    for (const auto& [name, value] : fields) {
      pairs.push_back({reinterpret_cast<const std::uint8_t*>(name.data()),
                       reinterpret_cast<const std::uint8_t*>(value.data()), name.size(), value.size(), 0});
    }
    nghttp3_data_reader endless{};
    endless.read_data = [](nghttp3_conn*, std::int64_t, nghttp3_vec* out, std::size_t, std::uint32_t*, void*, void*) {
      static std::array<std::uint8_t, 4096> zeros{};
      *out = {zeros.data(), zeros.size()};
      return nghttp3_ssize{1};
    };
    EXPECT_EQ(nghttp3_conn_submit_request(conn_, static_cast<std::int64_t>(stream), pairs.data(), pairs.size(),
                                          has_body ? &endless : nullptr, nullptr),
              0);
  }

  /// Says what there is to say, in pieces.
  void speak(Session& session, std::size_t piece = 100'000, int most = 100) {
    for (int i = 0; i < most; ++i) {
      std::array<nghttp3_vec, 8> blocks;
      std::int64_t id = -1;
      int last = 0;
      const auto count = nghttp3_conn_writev_stream(conn_, &id, &last, blocks.data(), blocks.size());
      if (id < 0) return;
      std::string bytes;
      for (std::size_t b = 0; b < static_cast<std::size_t>(count); ++b) {
        bytes.append(reinterpret_cast<const char*>(blocks[b].base), blocks[b].len);
      }
      nghttp3_conn_add_write_offset(conn_, id, bytes.size());
      for (std::size_t at = 0; at < bytes.size(); at += piece) {
        session.handle_bytes(StreamId{id}, as_bytes(bytes.substr(at, piece)), last != 0 && at + piece >= bytes.size());
      }
      if (bytes.empty()) session.handle_bytes(StreamId{id}, {}, last != 0);
    }
  }

  /// Hears what the session says; a stream takes `piece` bytes, then has no room until all others had their turn.
  void hear(Session& session, std::size_t piece = 1'000'000) {
    for (bool more = true; more;) {
      std::vector<StreamId> blocked;
      while (const auto output = session.next_output()) {
        std::string bytes;
        for (std::size_t i = 0; i < output->count; ++i) bytes += as_text(output->blocks[i]);
        const std::size_t taken = std::min(piece, bytes.size());
        const bool last = output->last && taken == bytes.size();
        session.handle_taken(*output, taken);
        if (taken < bytes.size()) blocked.push_back(output->stream);
        EXPECT_GE(nghttp3_conn_read_stream(conn_, static_cast<std::int64_t>(output->stream),
                                           reinterpret_cast<const std::uint8_t*>(bytes.data()), taken, last ? 1 : 0),
                  0);
      }
      for (const StreamId stream : blocked) session.handle_writable(stream);
      more = !blocked.empty();
    }
  }

  std::map<StreamId, Answer> answers;
  std::int64_t last_goaway = -1;

 private:
  static std::string text(nghttp3_rcbuf* buffer) {
    const nghttp3_vec view = nghttp3_rcbuf_get_buf(buffer);
    return {reinterpret_cast<const char*>(view.base), view.len};
  }

  nghttp3_conn* conn_ = nullptr;
};

// `size` bytes, or fewer if it breaks.
class Letters final : public Body {
 public:
  Letters(std::size_t size, std::size_t breaks_at, std::size_t& pauses)
      : left_(size), good_(breaks_at), pauses_(pauses) {}
  bool done() const override { return left_ == 0; }
  bool produce(std::string& out, std::size_t bytes) override {
    const std::size_t n = std::min(bytes, left_);
    if (n > good_) return false;
    good_ -= n;
    left_ -= n;
    out.append(n, 'x');
    return true;
  }
  void pause() override { ++pauses_; }

 private:
  std::size_t left_;
  std::size_t good_;
  std::size_t& pauses_;
};

class SessionTest : public testing::Test {
 protected:
  SessionTest() { session.bind(kControl, StreamId{7}, StreamId{11}); }

  template <class What>
  What expect() {
    auto event = session.next_event();
    EXPECT_TRUE(event && std::holds_alternative<What>(*event));
    return event && std::holds_alternative<What>(*event) ? std::get<What>(std::move(*event)) : What{};
  }
  std::uint64_t fault_code() const { return session.fault() ? session.fault()->code : 0; }
  void say(StreamId stream, std::string_view bytes, bool end = false) {
    session.handle_bytes(stream, as_bytes(bytes), end);
  }

  Session session{{.field_section_bytes = 1000, .body_bytes = 10'000, .memory = 256 * 1024}};
  Client client;
  std::size_t pauses = 0;
};

TEST_F(SessionTest, MakesARequestOfWhatAClientSaysWhateverThePieces) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
    Session other;
    Client asker;
    asker.ask(kFirst, {{"range", "bytes=0-1"}});

    asker.speak(other, piece);

    auto event = other.next_event();
    ASSERT_TRUE(event);
    const Asked asked = std::get<Asked>(*event);
    EXPECT_EQ(asked.stream, kFirst);
    EXPECT_EQ(asked.request.method, "GET");
    EXPECT_EQ(asked.request.target, "/x?y");
    ASSERT_EQ(asked.request.fields.size(), 1U);
    EXPECT_EQ(asked.request.fields[0].name + "=" + asked.request.fields[0].value, "range=bytes=0-1");
    EXPECT_FALSE(other.next_event());
  }
}

TEST_F(SessionTest, SendsWhatIsRespondedOnEachStream) {
  client.ask(kFirst);
  client.ask(kSecond);
  client.speak(session);

  session.respond(expect<Asked>().stream, {200, {{"content-type", "text/plain"}}, "hello", nullptr});
  session.respond(expect<Asked>().stream, {404, {}, "", nullptr});
  EXPECT_TRUE(session.knows(kFirst) && session.knows(kSecond));
  client.hear(session);

  EXPECT_EQ(client.answers[kFirst].head, ":status 200 content-type text/plain ");
  EXPECT_EQ(client.answers[kFirst].body, "hello");
  EXPECT_EQ(client.answers[kSecond].head, ":status 404 ");
  EXPECT_TRUE(client.answers[kFirst].ended && client.answers[kSecond].ended);
  EXPECT_FALSE(session.knows(kFirst) || session.knows(kSecond));
  session.handle_closed(kFirst);
  session.handle_closed(kSecond);
  EXPECT_FALSE(session.fault());
}

TEST_F(SessionTest, ProducesABodyAsItsStreamDrains) {
  for (const std::string text : {"", "first "}) {
    const StreamId stream = text.empty() ? kFirst : kSecond;
    client.ask(stream);
    client.speak(session);

    session.respond(stream, {200, {}, text, std::make_unique<Letters>(100'000, 100'000, pauses)});
    client.hear(session, 3'000);

    EXPECT_EQ(client.answers[stream].body, text + std::string(100'000, 'x'));
    EXPECT_TRUE(client.answers[stream].ended);
  }
  EXPECT_GT(pauses, 20U);
}

// As they come when a packet was lost; nghttp3 aborted.
TEST_F(SessionTest, HearsStreamsInAnyOrder) {
  say(StreamId{400}, "\x01");

  client.ask(kFirst);
  client.ask(kSecond);
  client.speak(session);

  EXPECT_EQ(expect<Asked>().stream, kFirst);
  EXPECT_EQ(expect<Asked>().stream, kSecond);
}

// nghttp3 aborted when it was cut behind its first number.
TEST_F(SessionTest, PassesOverPriorityUpdatesHoweverTheyAreCut) {
  using namespace std::string_view_literals;
  const auto said = "\x00\x04\x00\x80\x0f\x07\x00\x04\x00u=1\x80\x0f\x07\x01\x04\x00u=1\x80\x0f\x07\x00\x00"sv;
  for (std::size_t cut = 1; cut < said.size(); ++cut) {
    Session other;
    other.handle_bytes(StreamId{2}, as_bytes(said.substr(0, cut)), false);
    other.handle_bytes(StreamId{2}, as_bytes(said.substr(cut)), false);
    EXPECT_FALSE(other.fault()) << cut;
  }
}

TEST_F(SessionTest, TellsWhatItHolds) {
  const std::size_t idle = session.held();
  client.ask(kFirst, {{"x", std::string(700, 'x')}});
  client.speak(session);
  EXPECT_GT(session.held(), idle + 700);

  expect<Asked>();
  session.respond(kFirst, {200, {}, std::string(50'000, 't'), std::make_unique<Letters>(50'000, 50'000, pauses)});
  EXPECT_GT(session.held(), idle + 50'000);
  client.hear(session, 3'000);
  EXPECT_EQ(client.answers[kFirst].body.size(), 100'000U);

  session.handle_closed(kFirst);
  EXPECT_LT(session.held(), idle + 5'000);
}

TEST_F(SessionTest, KeepsNothingOfRequestsThatWereTakenBackBeforeItCouldAnswer) {
  Session unbound;
  const std::size_t idle = unbound.held();

  for (int i = 0; i < 500; ++i) {
    const StreamId stream{4 * i};
    client.ask(stream, {{"x", std::string(800, 'x')}});
    client.speak(unbound);
    unbound.handle_unwanted(stream);
    unbound.handle_closed(stream);
  }

  EXPECT_FALSE(unbound.has_event());
  EXPECT_LT(unbound.held(), idle + 20'000);
  EXPECT_FALSE(unbound.fault());
}

TEST_F(SessionTest, ResetsAStreamWhoseBodyBreaksAndAnswersTheOthers) {
  client.ask(kFirst);
  client.ask(kSecond);
  client.speak(session);
  expect<Asked>();
  expect<Asked>();

  session.respond(kFirst, {200, {}, "", std::make_unique<Letters>(100'000, 50'000, pauses)});
  session.respond(kSecond, {200, {}, "hello", nullptr});
  client.hear(session);

  const Reset reset = expect<Reset>();
  EXPECT_EQ(reset.stream, kFirst);
  EXPECT_EQ(reset.code, 0x102U);
  session.handle_unwanted(kFirst);
  session.handle_closed(kFirst);
  client.hear(session);
  EXPECT_EQ(client.answers[kSecond].body, "hello");
  EXPECT_FALSE(client.answers[kFirst].ended);
  EXPECT_FALSE(session.fault());
}

TEST_F(SessionTest, SaysWhenARequestIsTooLargeAndLetsItBeAnswered) {
  client.ask(kFirst, {{"x", std::string(1'000, 'y')}});
  client.ask(kSecond, {}, "/", true);
  client.speak(session);

  const TooLarge fields = expect<TooLarge>();
  const TooLarge body = expect<TooLarge>();
  EXPECT_EQ(fields.stream, kFirst);
  EXPECT_EQ(fields.part, TooLarge::Part::kFields);
  EXPECT_EQ(body.stream, kSecond);
  EXPECT_EQ(body.part, TooLarge::Part::kBody);
  session.respond(kFirst, {431, {}, "no", nullptr});
  session.handle_unread(kFirst);
  client.hear(session);
  EXPECT_EQ(client.answers[kFirst].head, ":status 431 ");
  EXPECT_FALSE(session.next_event());
  EXPECT_FALSE(session.fault());
}

TEST_F(SessionTest, AnswersBeforeTheFieldsHaveEnded) {
  std::string endless("\x01\x80\x01\x00\x00\x00\x00", 7);  // HEADERS of 64 KiB, and a section's prefix
  for (int i = 0; i < 100; ++i)
    endless +=
        "\x21z\x09"
        "012345678";  // literal fields
  say(kFirst, endless);
  ASSERT_EQ(expect<TooLarge>().part, TooLarge::Part::kFields);

  session.respond(kFirst, {431, {}, "no", nullptr});
  session.handle_unread(kFirst);
  client.ask(kFirst);
  client.hear(session);

  EXPECT_EQ(client.answers[kFirst].body, "no");
  session.handle_closed(kFirst);
  EXPECT_FALSE(session.fault());
}

TEST_F(SessionTest, RefusesAMalformedRequestAlone) {
  client.ask(kFirst, {{"connection", "close"}});
  client.ask(kSecond);
  client.speak(session);

  bool reset = false;
  bool asked = false;
  while (const auto event = session.next_event()) {
    if (const auto* what = std::get_if<Reset>(&*event)) reset = what->stream == kFirst && what->code == 0x10e;
    if (const auto* what = std::get_if<Asked>(&*event)) asked = what->stream == kSecond;
  }
  EXPECT_TRUE(reset);
  EXPECT_TRUE(asked);
  EXPECT_FALSE(session.fault());
}

TEST_F(SessionTest, RefusesMessagesOfTheWrongShapeAlone) {
  constexpr StreamId kThird{8}, kFourth{12};
  client.ask(kFirst, {{"content-length", "5"}});  // and no body
  client.ask(kSecond);
  client.ask(kThird, {{"content-length", "5"}}, "/", true);  // and more
  client.speak(session, 100'000, 10);
  say(kFourth, std::string("\x01\x00", 2));  // no fields

  std::map<StreamId, std::uint64_t> reset, stopped;
  bool asked = false;
  while (const auto event = session.next_event()) {
    if (const auto* what = std::get_if<Reset>(&*event)) {
      reset[what->stream] = what->code;
      session.handle_unwanted(what->stream);
    }
    if (const auto* what = std::get_if<StopSending>(&*event)) {
      stopped[what->stream] = what->code;
      session.handle_unread(what->stream);
    }
    if (const auto* what = std::get_if<Asked>(&*event)) {
      asked = what->stream == kSecond;
      session.respond(what->stream, {200, {}, "yes", nullptr});
    }
  }
  const std::map<StreamId, std::uint64_t> broken{{kFirst, 0x10e}, {kThird, 0x10e}, {kFourth, 0x10e}};
  EXPECT_EQ(reset, broken);
  EXPECT_EQ(stopped, broken);
  EXPECT_TRUE(asked);
  ASSERT_FALSE(session.fault()) << session.fault()->text;

  say(kFourth, "what still comes", true);
  for (const auto& [stream, code] : broken) session.handle_closed(stream);
  client.hear(session);
  session.handle_closed(kSecond);
  EXPECT_EQ(client.answers[kSecond].body, "yes");
  EXPECT_FALSE(session.fault());
  EXPECT_TRUE(session.open_requests().empty());
}

TEST_F(SessionTest, NamesWhatAPeerBroke) {
  const auto code_after = [](const std::function<void(Session&)>& what) {
    Session other({.memory = 256 * 1024});
    other.bind(kControl, StreamId{7}, StreamId{11});
    what(other);
    EXPECT_FALSE(other.next_output());
    return other.fault() ? other.fault()->code : 0;
  };
  const auto says = [](StreamId stream, std::string bytes, bool end = false) {
    return [=](Session& to) { to.handle_bytes(stream, as_bytes(bytes), end); };
  };

  EXPECT_EQ(code_after(says(StreamId{2}, std::string("\0\x0d\x01x", 4))), 0x10aU) << "no SETTINGS";
  EXPECT_EQ(code_after(says(StreamId{2}, std::string("\0\x04\0", 3), true)), 0x104U) << "the control stream ended";
  EXPECT_EQ(code_after(says(kFirst, std::string("\x00\x01x", 3))), 0x105U) << "DATA before HEADERS";
  EXPECT_EQ(code_after(says(kFirst, std::string("\x01\x05\0\0", 4), true)), 0x106U) << "cut off";
  EXPECT_EQ(code_after(says(kFirst, std::string("\x01\x04\x00\x00\xff\xff", 6))), 0x200U) << "QPACK";
  EXPECT_EQ(code_after([&](Session& to) {
              says(StreamId{2}, std::string("\0\x04\0", 3))(to);
              to.handle_closed(StreamId{2});
            }),
            0x104U);
  EXPECT_EQ(code_after([&](Session& to) {
              // Each names a value of 60,000 bytes, and sends none of them.
              for (int i = 0; i < 20; ++i) {
                says(StreamId{4 * i}, std::string("\x01\x80\x01\x00\x00\x00\x00\x21z\x7f\xe1\xd3\x03", 13))(to);
              }
            }),
            0x107U);
}

TEST_F(SessionTest, IgnoresStreamsAndFramesOfUnknownTypes) {
  say(StreamId{14}, std::string("\x21", 1) + std::string(100, 'x'));
  say(kFirst, std::string("\x21\x03xyz", 5));

  EXPECT_FALSE(session.fault());
  client.ask(kSecond);
  client.speak(session);
  bool asked = false;
  while (const auto event = session.next_event()) asked = asked || std::holds_alternative<Asked>(*event);
  EXPECT_TRUE(asked);
}

// Chromium sends the priority of its first request before it.
TEST_F(SessionTest, SaysGoodbyeAndAnswersWhatWasAskedBefore) {
  client.ask(kFirst);
  client.speak(session);
  client.hear(session);

  session.announce_end();
  client.hear(session);
  EXPECT_GT(client.last_goaway, 1'000'000);
  session.refuse_requests();
  client.hear(session);
  EXPECT_EQ(client.last_goaway, 4);
  say(StreamId{8}, "\x01");

  session.respond(expect<Asked>().stream, {200, {}, "hello", nullptr});
  client.hear(session);
  EXPECT_EQ(client.answers[kFirst].body, "hello");
  bool rejected = false;
  while (const auto event = session.next_event()) {
    if (const auto* what = std::get_if<Reset>(&*event)) rejected = what->stream == StreamId{8} && what->code == 0x10b;
  }
  EXPECT_TRUE(rejected);
}

}  // namespace
}  // namespace torq::h3
