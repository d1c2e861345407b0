// SPDX-License-Identifier: MIT
#include "torq/client/range_exchange.hpp"

#include <algorithm>
#include <utility>

#include "torq/client/faults.hpp"
#include "torq/wire/request_encoder.hpp"

namespace torq::client {

RangeExchange::RangeExchange(const Traits& traits, Wanted wanted, wire::AnswerParser& parser, Done done)
    : Exchange(traits), wanted_(std::move(wanted)), parser_(parser), done_(std::move(done)) {}

Result<std::string, Error> RangeExchange::compose(const wire::CapabilitySet& offered) {
  if (!offered.has(wire::Capability::kFileRaw) || !offered.has(wire::Capability::kFileRange)) {
    return Failure(Error{ErrorKind::kUnsupported, "", "the server does not offer pieces of files", "", ""});
  }
  if (wanted_.range.length > wanted_.max_bytes) {
    return Failure(Error{ErrorKind::kUnsupported, "",
                         "a piece has at most " + std::to_string(wanted_.max_bytes) + " bytes", "fetch the file", ""});
  }
  reader_.emplace(parser_);
  piece_ = {};
  wire::FileRequest request;
  request.name = wanted_.name;
  request.offset = wanted_.range.offset;
  request.length = wanted_.range.length;
  request.encoding = wire::FileEncoding::kRaw;
  return wire::encode_request(request);
}

Outcome RangeExchange::take(Bytes bytes) {
  const auto content = reader_->feed(bytes);
  if (!content) return Failure(content.error());
  if (const auto& header = reader_->header()) {
    const std::uint64_t behind = header->size - std::min(wanted_.range.offset, header->size);
    if (header->range != wire::ByteRange{wanted_.range.offset, std::min(wanted_.range.length, behind)}) {
      return Failure(faulty("it announces another part of the file than was asked for"));
    }
  }
  piece_.bytes.append(as_text(*content));
  return {};
}

Outcome RangeExchange::end() {
  const auto header = reader_->finish();
  if (!header) return Failure(header.error());
  piece_.offset = header->range.offset;
  piece_.size = header->size;
  return {};
}

void RangeExchange::finish(const std::optional<Error>& error) {
  if (error) return done_(Failure(*error));
  done_(std::move(piece_));
}

}  // namespace torq::client
