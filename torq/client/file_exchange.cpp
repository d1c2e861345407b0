// SPDX-License-Identifier: MIT
#include "torq/client/file_exchange.hpp"

#include <utility>

#include "torq/client/faults.hpp"
#include "torq/wire/request_encoder.hpp"

namespace torq::client {
namespace {

Outcome sink_result(const Result<void, std::string>& result) {
  if (result) return {};
  return Failure(Error{ErrorKind::kSink, "", result.error(), "", ""});
}

// Whatever is wrong with a file's answer, what came is not known to be the file.
Error unverified(Error error) {
  if (error.kind == ErrorKind::kFaulty) error.kind = ErrorKind::kUnverified;
  return error;
}

}  // namespace

FileExchange::FileExchange(const Traits& traits, std::string name, std::shared_ptr<FileSink> sink,
                           std::uint64_t max_list_bytes, wire::AnswerParser& parser, Done done)
    : Exchange(traits),
      name_(std::move(name)),
      sink_(std::move(sink)),
      max_list_bytes_(max_list_bytes),
      parser_(parser),
      done_(std::move(done)) {}

Result<std::string, Error> FileExchange::compose(const wire::CapabilitySet& offered) {
  wire::FileRequest request;
  request.name = name_;
  if (offered.has(wire::Capability::kFileRaw)) {
    request.encoding = wire::FileEncoding::kRaw;
    reader_.emplace(RawAnswerReader(parser_));
  } else {
    wire::FileAnswerLimits limits;
    limits.max_file_bytes = max_list_bytes_;
    reader_.emplace(wire::FileAnswerReader(limits));
  }
  begun_ = false;
  hash_.digest();  // starts it afresh
  fetched_ = {};
  return wire::encode_request(request);
}

Result<Bytes, Error> FileExchange::decode(Bytes bytes) {
  if (auto* raw = std::get_if<RawAnswerReader>(&*reader_)) return raw->feed(bytes);
  return std::get<wire::FileAnswerReader>(*reader_).feed(bytes).transform_error(to_error);
}

// A sink hears of a file only once there is one: not before an error answer could have shown itself.
Outcome FileExchange::begin_sink(std::optional<std::uint64_t> size) {
  if (begun_) return {};
  begun_ = true;
  return sink_result(sink_->begin(size));
}

Outcome FileExchange::take(Bytes bytes) { return pass_on(bytes).transform_error(unverified); }

Outcome FileExchange::end() { return check_whole().transform_error(unverified); }

Outcome FileExchange::pass_on(Bytes bytes) {
  const auto content = decode(bytes);
  if (!content) return Failure(content.error());
  if (const auto* raw = std::get_if<RawAnswerReader>(&*reader_); raw != nullptr && raw->header()) {
    if (raw->header()->range != wire::ByteRange{0, raw->header()->size}) {
      return Failure(faulty("it announces a part of the file, not the whole"));
    }
    if (const Outcome begun = begin_sink(raw->header()->size); !begun) return begun;
  }
  if (content->empty()) return {};
  if (const Outcome begun = begin_sink(std::nullopt); !begun) return begun;
  hash_.update(*content);
  fetched_.bytes += content->size();
  return sink_result(sink_->take(*content));
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
    if (answer->size != fetched_.bytes) {
      return Failure(faulty(std::to_string(fetched_.bytes) + " bytes came, it says " + std::to_string(answer->size)));
    }
  }
  if (const Outcome begun = begin_sink(fetched_.bytes); !begun) return begun;
  fetched_.sha256 = hash_.digest();
  if (promised && *promised != fetched_.sha256)
    return Failure(faulty("the bytes do not have the SHA-256 it announced"));
  return {};
}

void FileExchange::finish(const std::optional<Error>& error) {
  sink_.reset();
  if (error) return done_(Failure(*error));
  done_(fetched_);
}

}  // namespace torq::client
