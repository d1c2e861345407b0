// SPDX-License-Identifier: MIT
#pragma once
// Exchanges whose answer is one short JSON document: it is gathered up to a limit, then decoded. Internal to client/.

#include <functional>
#include <utility>

#include "torq/client/exchange.hpp"
#include "torq/client/faults.hpp"

namespace torq::client {

template <class T>
class JsonExchange final : public Exchange {
 public:
  using Done = std::function<void(Result<T, Error>)>;
  using Parse = Result<T, wire::AnswerError> (wire::AnswerParser::*)(Bytes);

  struct Question {
    std::string request;
    std::optional<wire::Capability> needs;  ///< without it the server would not understand
    Parse parse;
    std::size_t max_bytes;  ///< of the answer
  };

  /// `parser` belongs to the Client's thread.
  JsonExchange(const Traits& traits, Question question, wire::AnswerParser& parser, Done done)
      : Exchange(traits), question_(std::move(question)), parser_(parser), done_(std::move(done)) {}

  Result<std::string, Error> compose(const wire::CapabilitySet& offered) override {
    answer_.clear();
    if (question_.needs && !offered.has(*question_.needs)) {
      return Failure(Error{ErrorKind::kUnsupported, "",
                           "the server does not offer " + std::string(wire::name_of(*question_.needs)), "", ""});
    }
    return question_.request;
  }

  Outcome take(Bytes bytes) override {
    if (bytes.size() > question_.max_bytes - answer_.size()) {
      return Failure(faulty("it is longer than " + std::to_string(question_.max_bytes) + " bytes"));
    }
    answer_.append(as_text(bytes));
    return {};
  }

  Outcome end() override {
    auto value = (parser_.*question_.parse)(as_bytes(answer_));
    if (!value) return Failure(to_error(value.error()));
    value_ = std::move(*value);
    return {};
  }

  void finish(const std::optional<Error>& error) override {
    if (error) return done_(Failure(*error));
    done_(std::move(value_));
  }

 private:
  Question question_;
  wire::AnswerParser& parser_;
  Done done_;
  std::string answer_;
  T value_{};
};

}  // namespace torq::client
