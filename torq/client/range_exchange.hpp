// SPDX-License-Identifier: MIT
#pragma once
// The exchange of a piece of a file, small enough to be held in memory. Whole files stream, see file_exchange.hpp.
// Internal to client/.

#include <functional>
#include <optional>

#include "torq/client/exchange.hpp"
#include "torq/client/file_sink.hpp"
#include "torq/client/raw_answer_reader.hpp"

namespace torq::client {

class RangeExchange final : public Exchange {
 public:
  using Done = std::function<void(Result<FilePiece, Error>)>;

  struct Wanted {
    std::string name;  ///< UTF-8
    wire::ByteRange range;
    std::uint64_t max_bytes;  ///< of the piece
  };

  RangeExchange(const Traits& traits, Wanted wanted, wire::AnswerParser& parser, Done done);

  Result<std::string, Error> compose(const wire::CapabilitySet& offered) override;
  Outcome take(Bytes bytes) override;
  Outcome end() override;
  void finish(const std::optional<Error>& error) override;

 private:
  const Wanted wanted_;
  wire::AnswerParser& parser_;
  Done done_;
  // Of this try.
  std::optional<RawAnswerReader> reader_;
  FilePiece piece_;
};

}  // namespace torq::client
