// SPDX-License-Identifier: MIT
#pragma once
// The exchange of a whole file: raw where the server offers that, else as a JSON list of numbers; either way the bytes
// pass through to a sink and are counted and digested on the way. What is here of a raw file, from before or from a try
// whose connection was lost, is not fetched again where the server serves ranges. Internal to client/.

#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "torq/client/exchange.hpp"
#include "torq/client/file_prefix.hpp"
#include "torq/client/file_sink.hpp"
#include "torq/client/raw_answer_reader.hpp"
#include "torq/wire/file_answer_reader.hpp"

namespace torq::client {

class FileExchange final : public Exchange {
 public:
  using Done = std::function<void(Result<Fetched, Error>)>;

  struct Wanted {
    std::string name;              ///< UTF-8
    FilePrefix held;               ///< what the sink has of it
    std::uint64_t max_list_bytes;  ///< of a file that comes as a list, whose length nobody knows before its end
  };

  FileExchange(const Traits& traits, Wanted wanted, std::shared_ptr<FileSink> sink, wire::AnswerParser& parser,
               Done done);

  Result<std::string, Error> compose(const wire::CapabilitySet& offered) override;
  Outcome take(Bytes bytes) override;
  Outcome end() override;
  bool progressed() const override { return arrived_ >= kProgress; }
  void finish(const std::optional<Error>& error) override;

 private:
  using Reader = std::variant<wire::FileAnswerReader, RawAnswerReader>;

  // So many bytes make a try worth another one, however often that happens: their number is limited by the file's size.
  static constexpr std::uint64_t kProgress = 256 * 1024;

  Result<Bytes, Error> decode(Bytes bytes);
  Outcome pass_on(Bytes bytes);
  Outcome check_header(const wire::RawHeader& header);
  Outcome pass_to_sink(Bytes content);
  Outcome check_whole();
  Outcome begin_sink(std::optional<std::uint64_t> size, const std::string& validator = {});
  Error explain(Error error) const;

  std::string name_;
  std::uint64_t max_list_bytes_;
  std::shared_ptr<FileSink> sink_;
  wire::AnswerParser& parser_;
  Done done_;
  FilePrefix here_;         // what the sink has
  std::uint64_t kept_ = 0;  // of the prefix that the request came with
  Fetched fetched_;
  // Of this try.
  std::optional<Reader> reader_;
  bool continues_ = false;     // asked for the rest only
  bool begun_ = false;         // the sink knows, from begin() or because it has the beginning
  std::string overlap_;        // what is here of what was asked for once more
  std::uint64_t arrived_ = 0;  // behind what was here
};

}  // namespace torq::client
