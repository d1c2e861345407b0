// SPDX-License-Identifier: MIT
#pragma once
// The exchange of a whole file: raw where the server offers that, else as a JSON list of numbers; either way the bytes
// pass through to a sink and are counted and digested on the way. Internal to client/.

#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "torq/client/exchange.hpp"
#include "torq/client/file_sink.hpp"
#include "torq/client/raw_answer_reader.hpp"
#include "torq/files/sha256.hpp"
#include "torq/wire/file_answer_reader.hpp"

namespace torq::client {

class FileExchange final : public Exchange {
 public:
  using Done = std::function<void(Result<Fetched, Error>)>;

  /// `name` is UTF-8; `max_list_bytes` bounds a file that comes as a list, whose length nobody knows before its end.
  FileExchange(const Traits& traits, std::string name, std::shared_ptr<FileSink> sink, std::uint64_t max_list_bytes,
               wire::AnswerParser& parser, Done done);

  Result<std::string, Error> compose(const wire::CapabilitySet& offered) override;
  Outcome take(Bytes bytes) override;
  Outcome end() override;
  void finish(const std::optional<Error>& error) override;

 private:
  using Reader = std::variant<wire::FileAnswerReader, RawAnswerReader>;

  Result<Bytes, Error> decode(Bytes bytes);
  Outcome pass_on(Bytes bytes);
  Outcome check_whole();
  Outcome begin_sink(std::optional<std::uint64_t> size);

  std::string name_;
  std::shared_ptr<FileSink> sink_;
  std::uint64_t max_list_bytes_;
  wire::AnswerParser& parser_;
  Done done_;
  // Of this try.
  std::optional<Reader> reader_;
  bool begun_ = false;  // the sink was told
  files::Sha256 hash_;
  Fetched fetched_;
};

}  // namespace torq::client
