// SPDX-License-Identifier: MIT
#include "torq/doors/quic_json/service.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "torq/swarm/memory_store.hpp"

namespace torq::doors::quic_json {
namespace {

constexpr const char* kHash = "0123456789abcdef0123456789abcdef01234567";

// A service over a real store and a real folder; `ask` gives the whole answer, as a client would read it.
class ServiceTest : public testing::Test {
 protected:
  ServiceTest() : folder_(make_folder()), tree_(files::FileTree::at(folder_).value()) {}
  ~ServiceTest() override { std::filesystem::remove_all(folder_); }

  void file(const std::string& name, std::string_view bytes) const { std::ofstream(folder_ + "/" + name) << bytes; }

  void remove(const std::string& name) const { std::filesystem::remove(folder_ + "/" + name); }

  void rename(const std::string& from, const std::string& to) const {
    std::filesystem::rename(folder_ + "/" + from, folder_ + "/" + to);
  }

  // As if it was written some time later: the clock of a file system may stand still for milliseconds.
  void touch(const std::string& name) const {
    const std::string path = folder_ + "/" + name;
    std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::seconds(1));
  }

  Answer begin(std::string_view request, std::string_view from = "192.0.2.1") {
    return service_.answer(Instant(std::chrono::hours(1)), parse_ip(from).value(), as_bytes(request));
  }

  std::string ask(std::string_view request, std::string_view from = "192.0.2.1") {
    Answer answer = begin(request, from);
    while (answer.body && !answer.body->done()) EXPECT_TRUE(answer.body->produce(answer.text, 1000));
    return answer.text;
  }

  const Counts& counts() const { return service_.counts(); }

  std::string announce(std::string_view rest, std::string_view from = "192.0.2.1") {
    return ask(
        std::string(R"({"info_hash":")") + kHash + R"(","peer_id":"-TQ0100-000000000000",)" + std::string(rest) + "}",
        from);
  }

 private:
  static std::string make_folder() {
    std::string name = std::filesystem::temp_directory_path() / "torq-service-XXXXXX";
    return mkdtemp(name.data());
  }

  std::string folder_;
  files::FileTree tree_;
  tracker::TrackerRules rules_;
  swarm::MemoryStore store_{swarm::SipKey{}, rules_.peer_lifetime()};
  tracker::Tracker tracker_{store_, rules_};
  Service service_{tracker_, tree_, wire::Limits{.max_json_file_bytes = 10'000}, 1};
};

TEST_F(ServiceTest, TellsTheSwarmOfAnAnnounceThatBeginsWithIt) {
  const auto swarm_of = [](const std::string& request) { return Service::swarm_of(as_bytes(request)); };
  const std::string usual = std::string(R"({"info_hash":")") + kHash + R"(","peer_id":"-TQ0100-000000000000"})";

  EXPECT_EQ(swarm_of(usual), parse_info_hash(kHash));
  for (std::size_t size = 0; size < 50; ++size) EXPECT_EQ(swarm_of(usual.substr(0, size)), std::nullopt) << size;
  EXPECT_EQ(swarm_of(std::string(R"({"port":1,"info_hash":")") + kHash + R"("})"), std::nullopt);
}

TEST_F(ServiceTest, CountsRequestsByKindAndErrorsByCode) {
  file("here", "x");
  announce(R"("port":6881,"left":0)");
  ask(R"({"file":"here"})");
  ask(R"({"file":"absent"})");
  ask("nonsense");

  EXPECT_EQ(counts().requests, (std::array<std::uint64_t, 5>{1, 2, 0, 0, 0}));
  EXPECT_EQ(counts().not_understood, 1U);
  EXPECT_EQ(counts().errors[static_cast<std::size_t>(wire::ErrorCode::kFileNotFound)], 1U);
  EXPECT_EQ(counts().errors[static_cast<std::size_t>(wire::ErrorCode::kInvalidJson)], 1U);
}

TEST_F(ServiceTest, TellsALeecherOfTheSeederThatCameBefore) {
  announce(R"("port":6881,"left":0)", "192.0.2.1");

  EXPECT_EQ(announce(R"("port":6882,"left":5)", "192.0.2.2"),
            R"({"interval":60,"peers":[{"ip":"192.0.2.1","port":6881}],"complete":1,"incomplete":1})");
}

TEST_F(ServiceTest, ScrapesWhatWasAnnounced) {
  announce(R"("port":6881,"left":0,"event":"completed")");

  EXPECT_EQ(ask(std::string(R"({"scrape":[")") + kHash + R"("]})"),
            std::string(R"({"files":{")") + kHash + R"(":{"complete":1,"downloaded":1,"incomplete":0}}})");
}

TEST_F(ServiceTest, SendsAFileAsNumbersWithItsNameAndSize) {
  file("hi.txt", "Hi!");

  EXPECT_EQ(ask(R"({"file":"hi.txt"})"), R"({"data":[72,105,33],"filename":"hi.txt","size":3})");
}

TEST_F(ServiceTest, SendsARawRangeAfterItsHeader) {
  file("long.txt", std::string(9'000, 'a') + "tail");

  const std::string raw = ask(R"({"file":"long.txt","encoding":"raw","offset":8999,"length":100})");
  EXPECT_TRUE(raw.starts_with(R"({"filename":"long.txt","size":9004,"offset":8999,"length":5,"validator":")")) << raw;
  EXPECT_TRUE(raw.ends_with("\"}\natail")) << raw;
}

TEST_F(ServiceTest, SendsAnEmptyFile) {
  file("empty", "");

  EXPECT_EQ(ask(R"({"file":"empty"})"), R"({"data":[],"filename":"empty","size":0})");
}

TEST_F(ServiceTest, RefusesWhatItCannotSendWithTheCodeThatSaysWhy) {
  file("big", std::string(10'001, 'x'));
  file("small", "x");
  const auto refuses = [&](std::string_view request, std::string_view code) {
    const std::string answer = ask(request);
    return answer.find(R"("code":")" + std::string(code) + '"') != std::string::npos;
  };

  EXPECT_TRUE(refuses(R"({"file":"none"})", "FILE_NOT_FOUND"));
  EXPECT_TRUE(refuses(R"({"file":"../etc/passwd"})", "FILE_NOT_FOUND"));
  EXPECT_TRUE(refuses(R"({"file":"big"})", "FILE_TOO_LARGE"));
  EXPECT_TRUE(refuses(R"({"file":"small","offset":2})", "INVALID_REQUEST"));
  EXPECT_TRUE(refuses(R"({"list":"small"})", "FILE_NOT_FOUND"));
  EXPECT_TRUE(refuses("", "INVALID_JSON"));
  EXPECT_TRUE(refuses("\xff", "INVALID_ENCODING"));
  EXPECT_TRUE(refuses(R"({"query":1})", "UNKNOWN_REQUEST"));
}

TEST_F(ServiceTest, SendsALargeFileRawAndInRanges) {
  file("big", std::string(10'001, 'x'));

  const std::string raw = ask(R"({"file":"big","encoding":"raw"})");
  EXPECT_TRUE(raw.starts_with(R"({"filename":"big","size":10001,"offset":0,"length":10001,"validator":")")) << raw;
  EXPECT_EQ(raw.substr(raw.find('\n') + 1), std::string(10'001, 'x'));
  EXPECT_NE(ask(R"({"file":"big","length":2})").find(R"({"data":[120,120],"filename":"big","size":10001)"),
            std::string::npos);
}

TEST_F(ServiceTest, GivesUpOnAFileThatShrinksWhileItIsSent) {
  file("shrinks", std::string(9'000, 'x'));
  Answer answer = begin(R"({"file":"shrinks"})");

  file("shrinks", "x");

  ASSERT_TRUE(answer.body);
  EXPECT_FALSE(answer.body->produce(answer.text, 1000));
}

TEST_F(ServiceTest, SendsWhatAFileWasWhenItIsReplacedOrVanishesWhileItIsSent) {
  for (const bool vanishes : {false, true}) {
    file("changes", std::string(9'000, 'x'));
    Answer answer = begin(R"({"file":"changes","encoding":"raw"})");

    if (vanishes) {
      remove("changes");
    } else {
      file("other", std::string(9'000, 'y'));
      rename("other", "changes");
    }

    ASSERT_TRUE(answer.body);
    while (!answer.body->done()) ASSERT_TRUE(answer.body->produce(answer.text, 1000));
    EXPECT_EQ(answer.text.substr(answer.text.find('\n') + 1), std::string(9'000, 'x'));
  }
}

TEST_F(ServiceTest, EndsNoAnswerOfAFileThatIsWrittenWhileItIsSent) {
  for (const char* request : {R"({"file":"changes","encoding":"raw"})", R"({"file":"changes"})",
                              R"({"file":"changes","offset":10,"length":8000})"}) {
    file("changes", std::string(9'000, 'x'));
    Answer answer = begin(request);

    file("changes", std::string(9'000, 'y'));
    touch("changes");

    ASSERT_TRUE(answer.body);
    bool goes_on = true;
    while (goes_on && !answer.body->done()) goes_on = answer.body->produce(answer.text, 1000);
    EXPECT_FALSE(goes_on) << request;
  }
}

}  // namespace
}  // namespace torq::doors::quic_json
