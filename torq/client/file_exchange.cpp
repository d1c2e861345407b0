// SPDX-License-Identifier: MIT
#include "torq/client/file_exchange.hpp"

#include <algorithm>
#include <utility>

#include "torq/client/faults.hpp"
#include "torq/wire/request_encoder.hpp"

namespace torq::client {
namespace {

Outcome sink_result(const Result<void, std::string>& result) {
  if (result) return {};
  return Failure(Error{ErrorKind::kSink, "", result.error(), "", ""});
}

Error changed() {
  return {ErrorKind::kChanged, "", "the server's file is not the one any more whose beginning is here",
          "fetch it again from its first byte", ""};
}

}  // namespace

FileExchange::FileExchange(const Traits& traits, Wanted wanted, std::shared_ptr<FileSink> sink,
                           wire::AnswerParser& parser, Done done)
    : Exchange(traits),
      name_(std::move(wanted.name)),
      max_list_bytes_(wanted.max_list_bytes),
      sink_(std::move(sink)),
      parser_(parser),
      done_(std::move(done)),
      here_(std::move(wanted.held)),
      kept_(here_.bytes()) {}

Result<std::string, Error> FileExchange::compose(const wire::CapabilitySet& offered) {
  wire::FileRequest request;
  request.name = name_;
  const bool raw = offered.has(wire::Capability::kFileRaw);
  continues_ = raw && offered.has(wire::Capability::kFileRange) && here_.bytes() > 0 && here_.size() > 0;
  if (!continues_) here_ = FilePrefix();
  overlap_ = here_.tail();
  if (continues_) request.offset = here_.bytes() - overlap_.size();
  if (raw) {
    request.encoding = wire::FileEncoding::kRaw;
    reader_.emplace(RawAnswerReader(parser_));
  } else {
    wire::FileAnswerLimits limits;
    limits.max_file_bytes = max_list_bytes_;
    reader_.emplace(wire::FileAnswerReader(limits));
  }
  begun_ = false;
  arrived_ = 0;
  return wire::encode_request(request);
}

Result<Bytes, Error> FileExchange::decode(Bytes bytes) {
  if (auto* raw = std::get_if<RawAnswerReader>(&*reader_)) return raw->feed(bytes);
  auto content = std::get<wire::FileAnswerReader>(*reader_).feed(bytes);
  if (!content) return Failure(to_error(content.error()));
  return *content;
}

// A sink hears of a file only once there is one: not before an error answer could have shown itself.
Outcome FileExchange::begin_sink(std::optional<std::uint64_t> size, const std::string& validator) {
  if (begun_) return {};
  begun_ = true;
  kept_ = 0;
  here_ = FilePrefix(size.value_or(0), validator);
  const auto begun = sink_->begin(size);
  if (begun && !validator.empty()) sink_->note_validator(validator);
  return sink_result(begun);
}

Outcome FileExchange::take(Bytes bytes) {
  const Outcome outcome = pass_on(bytes);
  if (!outcome) return Failure(explain(outcome.error()));
  return {};
}

Outcome FileExchange::end() {
  const Outcome outcome = check_whole();
  if (!outcome) return Failure(explain(outcome.error()));
  return {};
}

// Whatever is wrong with a file's answer, what came is not known to be the file. That there is nothing behind what is
// here, as a server says of a file that has become shorter, is no fault of the request.
Error FileExchange::explain(Error error) const {
  if (error.kind == ErrorKind::kFaulty) error.kind = ErrorKind::kUnverified;
  const bool beyond = error.code == wire::name_of(wire::ErrorCode::kInvalidRequest);
  return continues_ && error.kind == ErrorKind::kRefused && beyond ? changed() : error;
}

Outcome FileExchange::pass_on(Bytes bytes) {
  const auto content = decode(bytes);
  if (!content) return Failure(content.error());
  if (const auto* raw = std::get_if<RawAnswerReader>(&*reader_); raw != nullptr && raw->header() && !begun_) {
    if (const Outcome checked = check_header(*raw->header()); !checked) return checked;
  }
  return content->empty() ? Outcome() : pass_to_sink(*content);
}

Outcome FileExchange::check_header(const wire::RawHeader& header) {
  const std::uint64_t offset = continues_ ? here_.bytes() - overlap_.size() : 0;
  // One that was told before and is not told now says as little as another one. Where none was told before, the bytes
  // have to do.
  const bool same_version = here_.validator().empty() || header.validator == here_.validator();
  const bool same = header.size == here_.size() && same_version;
  if (continues_ && !same) return Failure(changed());
  if (header.range != wire::ByteRange{offset, header.size - std::min(offset, header.size)}) {
    return Failure(faulty("it announces another part of the file than was asked for"));
  }
  if (!continues_) return begin_sink(header.size, header.validator);
  begun_ = true;
  return {};
}

Outcome FileExchange::pass_to_sink(Bytes content) {
  if (const Outcome begun = begin_sink(std::nullopt); !begun) return begun;
  const Bytes again = content.first(std::min(content.size(), overlap_.size()));
  if (!overlap_.starts_with(as_text(again))) return Failure(changed());
  overlap_.erase(0, again.size());
  content = content.subspan(again.size());
  if (content.empty()) return {};
  here_.append(content);
  arrived_ += content.size();
  return sink_result(sink_->take(content));
}

Outcome FileExchange::check_whole() {
  std::optional<wire::Sha256> promised;
  if (auto* raw = std::get_if<RawAnswerReader>(&*reader_)) {
    const auto header = raw->finish();
    if (!header) return Failure(header.error());
    promised = header->sha256;
  } else {
    const auto answer = std::get<wire::FileAnswerReader>(*reader_).finish();
    if (!answer) return Failure(to_error(answer.error()));
    if (answer->size != here_.bytes()) {
      return Failure(faulty(std::to_string(here_.bytes()) + " bytes came, it says " + std::to_string(answer->size)));
    }
  }
  if (const Outcome begun = begin_sink(here_.bytes()); !begun) return begun;
  fetched_ = {here_.bytes(), here_.digest(), kept_};
  if (!promised || *promised == fetched_.sha256) return {};
  // Which of the two is to blame, the old bytes or the new ones, nobody can tell.
  if (continues_) return Failure(changed());
  return Failure(faulty("the bytes do not have the SHA-256 it announced"));
}

void FileExchange::finish(const std::optional<Error>& error) {
  sink_.reset();
  if (error) return done_(Failure(*error));
  done_(fetched_);
}

}  // namespace torq::client
