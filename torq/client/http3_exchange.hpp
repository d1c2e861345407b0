// SPDX-License-Identifier: MIT
#pragma once
// A GET over HTTP/3 as an exchange. Internal to client/.

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "torq/client/exchange.hpp"
#include "torq/client/faults.hpp"
#include "torq/h3/get.hpp"
#include "torq/wire/http_answer.hpp"

namespace torq::client {

class Http3Exchange final : public Exchange {
 public:
  using Done = std::function<void(Result<wire::HttpAnswer, Error>)>;

  Http3Exchange(const Traits& traits, std::string request, Done done)
      : Exchange(traits), request_(std::move(request)), done_(std::move(done)) {}

  Result<std::string, Error> compose(const wire::CapabilitySet&) override {
    reader_.emplace();
    return request_;
  }

  Outcome take(Bytes bytes) override {
    const auto fed = reader_->feed(bytes);
    if (!fed) return Failure(faulty(fed.error()));
    return {};
  }

  Outcome end() override {
    auto answer = reader_->finish();
    if (!answer) return Failure(faulty(answer.error()));
    answer_ = {answer->status, std::move(answer->location), std::move(answer->body)};
    return {};
  }

  void finish(const std::optional<Error>& error) override {
    if (error) return done_(Failure(*error));
    done_(std::move(answer_));
  }

 private:
  const std::string request_;
  Done done_;
  std::optional<h3::AnswerReader> reader_;  // of this try
  wire::HttpAnswer answer_;
};

}  // namespace torq::client
