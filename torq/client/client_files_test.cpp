// SPDX-License-Identifier: MIT
#include "torq/client/fixture_test.hpp"

namespace torq::client {
namespace {

TEST(Client, FetchesRawWhereTheServerOffersIt) {
  ScriptedServer server(with("file_raw", [](const std::string&) { return answer(raw_answer("hello")); }));
  Client client;
  const auto sink = std::make_shared<Memory>();

  const auto file = client.fetch(server.pinned(), "f", sink);

  ASSERT_TRUE(file) << file.error().text();
  EXPECT_EQ(sink->bytes, "hello");
  EXPECT_EQ(sink->announced, 5U);
  EXPECT_EQ(file->bytes, 5U);
  EXPECT_EQ(to_hex(file->sha256), kHelloDigest);
  EXPECT_NE(server.requests().at(1).find("\"raw\""), std::string::npos);
}

TEST(Client, FetchesAListOfNumbersFromAServerWithoutExtensions) {
  for (const char* refusal : {"UNKNOWN_REQUEST", "INVALID_REQUEST", "INTERNAL_ERROR"}) {
    ScriptedServer server([&](const std::string& request, std::size_t) {
      return asks_capabilities(request) ? error(refusal) : answer(number_list_answer("hello"));
    });
    Client client;
    const auto sink = std::make_shared<Memory>();

    const auto file = client.fetch(server.pinned(), "f", sink);

    ASSERT_TRUE(file) << file.error().text();
    EXPECT_EQ(sink->bytes, "hello");
    EXPECT_EQ(to_hex(file->sha256), kHelloDigest);
    EXPECT_EQ(server.requests().at(1), R"({"file":"f"})");
  }
}

TEST(Client, TakesGarbageForNoExtensions) {
  for (const Reply& garbage : {answer("garbage"), answer(""), reset_after("{")}) {
    ScriptedServer server([&](const std::string& request, std::size_t) {
      return asks_capabilities(request) ? garbage : answer(number_list_answer("hello"));
    });
    Client client;

    EXPECT_TRUE(client.fetch(server.pinned(), "f", std::make_shared<Memory>()));
  }
}

TEST(Client, TakesSilenceForNoExtensions) {
  ScriptedServer server([&](const std::string& request, std::size_t) {
    return asks_capabilities(request) ? never() : answer(number_list_answer("hello"));
  });
  Options options;
  options.answer_timeout = 50ms;
  Client client(options);

  EXPECT_TRUE(client.fetch(server.pinned(), "f", std::make_shared<Memory>()));
}

TEST(Client, AsksForCapabilitiesOncePerConnection) {
  ScriptedServer server(with("file_raw", [](const std::string&) { return answer(raw_answer("hello")); }));
  Client client;
  Collected<Fetched> files;

  for (int i = 0; i < 20; ++i) client.fetch(server.pinned(), "f", std::make_shared<Memory>(), files.next());
  for (const auto& file : files.wait_for(20)) EXPECT_TRUE(file) << file.error().text();
  server.close_connections();
  EXPECT_TRUE(client.fetch(server.pinned(), "f", std::make_shared<Memory>()));

  const auto requests = server.requests();
  EXPECT_EQ(std::ranges::count_if(requests, asks_capabilities), 2);
}

TEST(Client, FetchesAnEmptyFileInEitherForm) {
  ScriptedServer raw(with("file_raw", [](const std::string&) { return answer(raw_answer("")); }));
  ScriptedServer list(plain([](const std::string&) { return answer(number_list_answer("")); }));
  Client client;

  for (const ScriptedServer* server : {&raw, &list}) {
    const auto sink = std::make_shared<Memory>();
    const auto file = client.fetch(server->pinned(), "f", sink);

    ASSERT_TRUE(file) << file.error().text();
    EXPECT_EQ(sink->tries, 1U);
    EXPECT_EQ(file->bytes, 0U);
  }
}

TEST(Client, FetchesFilesThatAreLargerThanAllWindows) {
  std::string large(20'000'000, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 2654435761U >> 13);
  ScriptedServer server(with("file_raw", [&](const std::string&) { return answer(raw_answer(large)); }));
  Client client;
  const auto sink = std::make_shared<Memory>();

  const auto file = client.fetch(server.pinned(), "f", sink);

  ASSERT_TRUE(file) << file.error().text();
  EXPECT_TRUE(sink->bytes == large);
}

TEST(Client, TellsASinkNothingOfAFileThatIsNotThere) {
  for (const auto& script : {plain([](const std::string&) { return error("FILE_NOT_FOUND"); }),
                             with("file_raw", [](const std::string&) { return error("FILE_NOT_FOUND"); })}) {
    ScriptedServer server(script);
    Client client;
    const auto sink = std::make_shared<Memory>();

    const auto file = client.fetch(server.pinned(), "f", sink);

    EXPECT_EQ(file.error().kind, ErrorKind::kRefused);
    EXPECT_EQ(file.error().code, "FILE_NOT_FOUND");
    EXPECT_EQ(sink->tries, 0U);
  }
}

TEST(Client, CallsARawAnswerWrongThatDoesNotAddUp) {
  const std::string whole = raw_answer("hello");
  const std::string part = R"({"filename": "f", "size": 9, "offset": 0, "length": 5})"
                           "\nhello";
  const std::string digest = raw_answer("hello", R"(, "sha256": ")" + std::string(64, '0') + '"');
  for (const std::string& wrong :
       {whole + "!", whole.substr(0, whole.size() - 1), whole.substr(0, 20), part, digest, std::string("\n"),
        std::string(), std::string("{\"filename\": \"f\"}\nhello"), number_list_answer("hello")}) {
    ScriptedServer server(with("file_raw", [&](const std::string&) { return answer(wrong); }));
    Client client;

    const auto file = client.fetch(server.pinned(), "f", std::make_shared<Memory>());

    ASSERT_FALSE(file) << wrong;
    EXPECT_EQ(file.error().kind, ErrorKind::kUnverified) << wrong;
  }
}

TEST(Client, CallsAListWrongThatDoesNotAddUp) {
  const std::string whole = number_list_answer("hello");
  for (const std::string& wrong : {whole.substr(0, 12), whole.substr(0, whole.size() - 1), std::string(),
                                   std::string("[1,2]"), std::string(R"({"data": [1, 2], "filename": "f", "size": 3})"),
                                   std::string(R"({"data": [1, 256], "filename": "f", "size": 2})"), whole + "x"}) {
    ScriptedServer server(plain([&](const std::string&) { return answer(wrong); }));
    Client client;

    const auto file = client.fetch(server.pinned(), "f", std::make_shared<Memory>());

    ASSERT_FALSE(file) << wrong;
    EXPECT_EQ(file.error().kind, ErrorKind::kUnverified) << wrong;
  }
}

TEST(Client, GivesUpAListThatIsLongerThanAllowed) {
  ScriptedServer server(plain([](const std::string&) { return answer(number_list_answer("hello")); }));
  Options options;
  options.max_list_file_bytes = 4;
  Client client(options);

  EXPECT_EQ(client.fetch(server.pinned(), "f", std::make_shared<Memory>()).error().kind, ErrorKind::kUnverified);
}

TEST(Client, GivesUpAHeaderLineThatDoesNotEnd) {
  ScriptedServer server(
      with("file_raw", [](const std::string&) { return stuck_after("{" + std::string(1024 * 1024, ' ')); }));
  Client client;

  const auto file = client.fetch(server.pinned(), "f", std::make_shared<Memory>());

  EXPECT_EQ(file.error().text(), "the answer is wrong: the line before the file's bytes is too long");
}

TEST(Client, DoesNotWaitForeverForTheRestOfAFile) {
  ScriptedServer server(with("file_raw", [](const std::string&) {
    const std::string whole = raw_answer("hello");
    return stuck_after(whole.substr(0, whole.size() - 1));
  }));
  Client client(impatient());

  const auto file = client.fetch(server.pinned(), "f", std::make_shared<Memory>());

  EXPECT_EQ(file.error().kind, ErrorKind::kTimeout);
}

TEST(Client, TellsWhatTheSinkSaid) {
  ScriptedServer server(with("file_raw", [](const std::string&) { return answer(raw_answer("hello")); }));
  Client client;
  const auto sink = std::make_shared<Memory>();
  sink->room = 3;

  const auto file = client.fetch(server.pinned(), "f", sink);

  EXPECT_EQ(file.error().kind, ErrorKind::kSink);
  EXPECT_EQ(file.error().message, "the disk is full");
}

TEST(Client, BeginsAFileAnewWhenItsConnectionIsLost) {
  std::size_t files = 0;
  ScriptedServer server(with("file_raw", [&](const std::string&) {
    Reply reply = answer(raw_answer("hello"));
    if (files++ > 0) return reply;
    reply.bytes.pop_back();
    reply.end = Reply::End::kCloseConnection;
    return reply;
  }));
  Client client(quick_to_retry());
  const auto sink = std::make_shared<Memory>();

  const auto file = client.fetch(server.pinned(), "f", sink);

  ASSERT_TRUE(file) << file.error().text();
  EXPECT_EQ(sink->bytes, "hello");
  EXPECT_EQ(to_hex(file->sha256), kHelloDigest);
}

}  // namespace
}  // namespace torq::client
