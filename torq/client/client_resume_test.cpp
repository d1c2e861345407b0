// SPDX-License-Identifier: MIT
// A file whose beginning is here: only the rest is fetched, and another file is noticed.
#include <atomic>

#include "torq/client/fixture_test.hpp"

namespace torq::client {
namespace {

constexpr const char* kRanges = "file_raw\", \"file_range";

std::string numbered(std::size_t size) {
  std::string text;
  while (text.size() < size) text += std::to_string(text.size()) + ' ';
  text.resize(size);
  return text;
}

std::uint64_t offset_in(const std::string& request) {
  const auto at = request.find("\"offset\":");
  return at == std::string::npos ? 0 : std::stoull(request.substr(at + 9));
}

// What a sound server answers to a request for `file` from an offset on.
std::string rest_of(const std::string& file, const std::string& request, const std::string& more = "") {
  const std::uint64_t offset = offset_in(request);
  return R"({"filename": "f", "size": )" + std::to_string(file.size()) + R"(, "offset": )" + std::to_string(offset) +
         R"(, "length": )" + std::to_string(file.size() - offset) + more + "}\n" + file.substr(offset);
}

FilePrefix prefix_of(const std::string& file, std::size_t bytes) {
  FilePrefix prefix(file.size());
  prefix.append(as_bytes(file).first(bytes));
  return prefix;
}

std::string digest_of(const std::string& text) {
  files::Sha256 hash;
  hash.update(as_bytes(text));
  return to_hex(hash.digest());
}

Result<Fetched, Error> fetch(Client& client, const ScriptedServer& server, FilePrefix held,
                             const std::shared_ptr<Memory>& sink) {
  Collected<Fetched> files;
  client.fetch(server.pinned(), "f", std::move(held), sink, files.next());
  return files.wait_for(1).front();
}

TEST(FilePrefix, KeepsTheLastBytesOfItsPieces) {
  const std::string file = numbered(5 * FilePrefix::kOverlap);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, FilePrefix::kOverlap, file.size()}) {
    FilePrefix prefix(file.size());
    for (std::size_t at = 0; at < file.size(); at += piece) prefix.append(as_bytes(file.substr(at, piece)));

    EXPECT_EQ(prefix.bytes(), file.size());
    EXPECT_EQ(prefix.tail(), file.substr(file.size() - FilePrefix::kOverlap));
    EXPECT_EQ(to_hex(prefix.digest()), digest_of(file));
  }
}

TEST(Client, FetchesOnlyWhatIsMissing) {
  const std::string file = numbered(200'000);
  ScriptedServer server(with(kRanges, [&](const std::string& request) { return answer(rest_of(file, request)); }));
  for (const std::size_t held : {std::size_t{1}, FilePrefix::kOverlap + 1, std::size_t{100'000}, file.size()}) {
    Client client;
    const auto sink = std::make_shared<Memory>();
    sink->bytes = file.substr(0, held);

    const auto fetched = fetch(client, server, prefix_of(file, held), sink);

    ASSERT_TRUE(fetched) << fetched.error().text();
    EXPECT_TRUE(sink->bytes == file);
    EXPECT_EQ(sink->tries, 0U);
    EXPECT_EQ(to_hex(fetched->sha256), digest_of(file));
    EXPECT_EQ(fetched->kept, held);
    EXPECT_EQ(offset_in(server.requests().back()), held - std::min(held, FilePrefix::kOverlap));
  }
}

TEST(Client, FetchesEverythingWhereTheServerServesNoRanges) {
  const std::string file = numbered(1000);
  const Script raw = with("file_raw", [&](const std::string&) { return answer(raw_answer(file)); });
  const Script numbers = plain([&](const std::string&) { return answer(number_list_answer(file)); });
  for (const Script& script : {raw, numbers}) {
    ScriptedServer server(script);
    Client client;
    const auto sink = std::make_shared<Memory>();
    sink->bytes = file.substr(0, 500);

    const auto fetched = fetch(client, server, prefix_of(file, 500), sink);

    ASSERT_TRUE(fetched) << fetched.error().text();
    EXPECT_EQ(sink->tries, 1U);
    EXPECT_EQ(sink->bytes, file);
    EXPECT_EQ(fetched->kept, 0U);
    EXPECT_EQ(to_hex(fetched->sha256), digest_of(file));
  }
}

TEST(Client, NoticesAnotherFile) {
  const std::string file = numbered(100'000);
  std::string altered = file;
  altered[39'999] = '#';
  const std::string wrong_digest = R"(, "sha256": ")" + std::string(64, '0') + '"';
  const auto changed_by = [&](std::function<Reply(const std::string&)> reply) {
    ScriptedServer server(with(kRanges, std::move(reply)));
    Client client;
    return fetch(client, server, prefix_of(file, 40'000), std::make_shared<Memory>()).error().kind;
  };

  EXPECT_EQ(changed_by([&](const auto& request) { return answer(rest_of(file + "more", request)); }),
            ErrorKind::kChanged);
  EXPECT_EQ(changed_by([&](const auto& request) { return answer(rest_of(altered, request)); }), ErrorKind::kChanged);
  EXPECT_EQ(changed_by([&](const auto& request) { return answer(rest_of(file, request, wrong_digest)); }),
            ErrorKind::kChanged);
  EXPECT_EQ(changed_by([&](const auto&) { return error("INVALID_REQUEST"); }), ErrorKind::kChanged);
  EXPECT_EQ(changed_by([&](const auto&) { return error("FILE_NOT_FOUND"); }), ErrorKind::kRefused);
  EXPECT_EQ(changed_by([&](const auto&) { return answer(raw_answer(file)); }), ErrorKind::kUnverified);
}

TEST(Client, GoesOnOnlyWithTheVersionThatItBeganWith) {
  const std::string file = numbered(100'000);
  const auto held_with = [&](const std::string& validator) {
    FilePrefix prefix(file.size(), validator);
    prefix.append(as_bytes(file).first(40'000));
    return prefix;
  };
  const auto fetch_with = [&](const std::string& held, const std::string& told) {
    ScriptedServer server(
        with(kRanges, [&](const std::string& request) { return answer(rest_of(file, request, told)); }));
    Client client;
    return fetch(client, server, held_with(held), std::make_shared<Memory>());
  };
  const std::string first = R"(, "validator": "1")";

  EXPECT_TRUE(fetch_with("1", first));
  EXPECT_EQ(fetch_with("2", first).error().kind, ErrorKind::kChanged);
  EXPECT_EQ(fetch_with("1", "").error().kind, ErrorKind::kChanged);
  EXPECT_TRUE(fetch_with("", first));
}

TEST(Client, TellsTheSinkWhichVersionComes) {
  ScriptedServer server(with(kRanges, [&](const std::string& request) {
    return answer(rest_of("hello", request, R"(, "validator": "v1")"));
  }));
  Client client;
  const auto sink = std::make_shared<Memory>();

  ASSERT_TRUE(fetch(client, server, FilePrefix(), sink));

  EXPECT_EQ(sink->validator, "v1");
}

Reply broken_after(std::string bytes) {
  Reply reply = answer(std::move(bytes));
  reply.end = Reply::End::kCloseConnection;
  return reply;
}

TEST(Client, BeginsNotInTheMiddleOfAnotherVersionAfterALoss) {
  const std::string file = numbered(2'000'000);
  std::atomic<int> version = 0;
  ScriptedServer server(with(kRanges, [&](const std::string& request) {
    const std::string whole = rest_of(file, request, R"(, "validator": ")" + std::to_string(++version) + '"');
    return broken_after(whole.substr(0, 350'000));
  }));
  Client client(quick_to_retry());

  const auto fetched = fetch(client, server, FilePrefix(), std::make_shared<Memory>());

  EXPECT_EQ(fetched.error().kind, ErrorKind::kChanged);
}

TEST(Client, GoesOnWhereALostConnectionEnded) {
  const std::string file = numbered(2'000'000);
  ScriptedServer server(with(kRanges, [&](const std::string& request) {
    const std::string whole = rest_of(file, request);
    // More often than a request is repeated, but each time something has come.
    return whole.size() < 350'000 ? answer(whole) : broken_after(whole.substr(0, 350'000));
  }));
  Client client(quick_to_retry());
  const auto sink = std::make_shared<Memory>();

  const auto fetched = fetch(client, server, FilePrefix(), sink);

  ASSERT_TRUE(fetched) << fetched.error().text();
  EXPECT_TRUE(sink->bytes == file);
  EXPECT_EQ(sink->tries, 1U);
  EXPECT_EQ(to_hex(fetched->sha256), digest_of(file));
}

std::string piece_of(const std::string& file, std::size_t offset, std::size_t length) {
  const std::string bytes = file.substr(offset, length);
  return R"({"filename": "f", "size": )" + std::to_string(file.size()) + R"(, "offset": )" + std::to_string(offset) +
         R"(, "length": )" + std::to_string(bytes.size()) + "}\n" + bytes;
}

Result<FilePiece, Error> read(Client& client, const ScriptedServer& server, const wire::ByteRange& range) {
  Collected<FilePiece> pieces;
  client.read(server.pinned(), "f", range, pieces.next());
  return pieces.wait_for(1).front();
}

TEST(Client, ReadsAPieceOfAFile) {
  const std::string file = numbered(1000);
  ScriptedServer server(
      with(kRanges, [&](const std::string& request) { return answer(piece_of(file, offset_in(request), 100)); }));
  Client client;

  const auto within = read(client, server, {300, 100});
  const auto at_the_end = read(client, server, {950, 100});

  ASSERT_TRUE(within) << within.error().text();
  EXPECT_EQ(within->bytes, file.substr(300, 100));
  EXPECT_EQ(within->size, 1000U);
  ASSERT_TRUE(at_the_end) << at_the_end.error().text();
  EXPECT_EQ(at_the_end->bytes, file.substr(950));
  EXPECT_EQ(server.requests().back(), R"({"file":"f","offset":950,"length":100,"encoding":"raw"})");
}

TEST(Client, TakesNoOtherPieceThanItAskedFor) {
  const std::string file = numbered(1000);
  for (const std::string& wrong : {raw_answer(file), piece_of(file, 299, 100), piece_of(file, 300, 101),
                                   piece_of(file, 300, 99), piece_of(file, 300, 100) + "!", std::string("{")}) {
    ScriptedServer server(with(kRanges, [&](const std::string&) { return answer(wrong); }));
    Client client;

    EXPECT_EQ(read(client, server, {300, 100}).error().kind, ErrorKind::kFaulty) << wrong.substr(0, 80);
  }
}

TEST(Client, ReadsNoPieceWhereItCannot) {
  ScriptedServer server(with("file_raw", [&](const std::string&) { return answer(raw_answer("hello")); }));
  Client client;

  EXPECT_EQ(read(client, server, {0, 5}).error().kind, ErrorKind::kUnsupported);
}

TEST(Client, GivesUpAServerThatOnlyTellsWhatItCan) {
  ScriptedServer server(with(kRanges, [&](const std::string&) { return close_connection(); }));
  Client client(quick_to_retry());

  const auto fetched = fetch(client, server, FilePrefix(), std::make_shared<Memory>());

  EXPECT_EQ(fetched.error().kind, ErrorKind::kLost);
}

}  // namespace
}  // namespace torq::client
