// SPDX-License-Identifier: MIT
// Any bytes on any of a client's streams, in any order, into an HTTP/3 session whose answers drain as slowly as the
// input likes: it speaks on its own streams and on those of requests alone, answers each request once, holds no more
// than its limits, and says nothing after a fault.
//
// The input: a byte of whether our streams are there from the beginning, then steps, each of which begins with a byte:
// the low three bits say what is done, the others name one of 32 streams (their first two bits: QUIC's kind).
//   0, 1  bytes                 length(16, little endian) bytes…; 1: the stream ends with them
//   2     both directions of the stream are over
//   3     the client wants no answer     4  the client's half was given up
//   5     the session speaks, and so many units of 256 bytes are taken (8)
//   6     room on the stream             7  our streams come to be; then the end is announced; then requests are
//   refused
#include <map>
#include <set>

#include "input.hpp"
#include "require.hpp"
#include "torq/h3/session.hpp"

namespace {

using namespace torq;
using h3::StreamId;

constexpr int kMostSteps = 300;
constexpr std::size_t kLargest = 2000;
constexpr h3::Limits kLimits{
    .field_section_bytes = 1000, .body_bytes = 500, .memory = 128 * 1024, .block_bytes = 700, .streams = 8};
constexpr std::size_t kBody = 3000;
constexpr std::size_t kLongestText = 900;

class Rest final : public h3::Body {
 public:
  explicit Rest(bool breaks) : breaks_(breaks) {}
  bool done() const override { return left_ == 0; }
  bool produce(std::string& out, std::size_t bytes) override {
    require(left_ > 0);
    if (breaks_ && left_ < kBody / 2) return false;
    const std::size_t n = std::min(bytes, left_);
    out.append(n, 'x');
    left_ -= n;
    return true;
  }
  void pause() override {}

 private:
  bool breaks_;
  std::size_t left_ = kBody;
};

class Subject {
 public:
  void bind() {
    if (session_.bound() || session_.fault()) return;
    session_.bind(StreamId{3}, StreamId{7}, StreamId{11});
  }

  void take_step(fuzz::Input& input) {
    const std::uint8_t what = input.byte();
    const StreamId stream{what >> 3};
    switch (what & 7) {
      case 0:
      case 1:
        heard(stream, input.counted(kLargest), (what & 1) != 0);
        break;
      case 2:
        session_.handle_closed(stream);
        closed_.insert(stream);
        break;
      case 3:
        session_.handle_unwanted(stream);
        break;
      case 4:
        session_.handle_unread(stream);
        break;
      case 5:
        speak(input.byte() * std::size_t{256});
        break;
      case 6:
        session_.handle_writable(stream);
        break;
      default:
        go_on();
    }
    answer_all();
    require(session_.held() <= most_held());
  }

 private:
  void heard(StreamId stream, Bytes bytes, bool end) {
    // QUIC gives a number once, and a client cannot write on our unidirectional streams, nor we begin its.
    const bool clients = (static_cast<int>(stream) & 1) == 0;
    if (!clients || closed_.contains(stream) || ended_.contains(stream)) return;
    if (end) ended_.insert(stream);
    session_.handle_bytes(stream, bytes, end);
  }

  void go_on() {
    if (!session_.bound()) return bind();
    if (farewell_ == 0) session_.announce_end();
    if (farewell_ == 1) session_.refuse_requests();
    ++farewell_;
  }

  void answer_all() {
    if (!session_.bound()) return;
    while (const auto event = session_.next_event()) {
      require(!session_.fault());
      if (const auto* asked = std::get_if<h3::Asked>(&*event)) respond(asked->stream, asked->request.target);
      if (const auto* large = std::get_if<h3::TooLarge>(&*event)) respond(large->stream, "");
      if (const auto* reset = std::get_if<h3::Reset>(&*event)) session_.handle_unwanted(reset->stream);
      if (const auto* stop = std::get_if<h3::StopSending>(&*event)) session_.handle_unread(stop->stream);
    }
  }

  void respond(StreamId stream, std::string_view target) {
    require((static_cast<int>(stream) & 3) == 0 && answered_.insert(stream).second);
    h3::Response response;
    response.fields.push_back({"content-type", "text/plain"});
    response.text = std::string(target.substr(0, kLongestText));
    if (target.size() % 3 != 0) response.body = std::make_unique<Rest>(target.size() % 3 == 2);
    session_.respond(stream, std::move(response));
  }

  void speak(std::size_t room) {
    while (const auto output = session_.next_output()) {
      require(!session_.fault() && session_.bound());
      const auto id = static_cast<int>(output->stream);
      require(id == 3 || id == 7 || id == 11 || (id & 3) == 0);
      const std::size_t taken = std::min(room, output->size);
      room -= taken;
      session_.handle_taken(*output, taken);
      if (session_.fault()) break;
    }
    require(!session_.fault() || !session_.next_output());
  }

  // Of nghttp3 what its limit lets through, one call later; of each request its fields and one answer.
  static std::size_t most_held() {
    return kLimits.memory + 64 * 1024 + 8 * (kLimits.field_section_bytes + 400 + kLongestText + kBody);
  }

  h3::Session session_{kLimits};
  int farewell_ = 0;
  std::set<StreamId> closed_;
  std::set<StreamId> ended_;
  std::set<StreamId> answered_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  Subject subject;
  if ((input.byte() & 1) == 0) subject.bind();
  for (int step = 0; step < kMostSteps && !input.empty(); ++step) subject.take_step(input);
  return 0;
}
