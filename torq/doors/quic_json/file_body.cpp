// SPDX-License-Identifier: MIT
#include "torq/doors/quic_json/file_body.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "torq/wire/answer_encoder.hpp"

namespace torq::doors::quic_json {

FileBody::FileBody(files::SparingFile file, const wire::FileRequest& request, wire::ByteRange range)
    : file_(std::move(file)),
      range_(range),
      raw_(request.encoding == wire::FileEncoding::kRaw),
      tells_range_(request.has_range()) {}

bool FileBody::produce(std::string& out, std::size_t bytes) {
  if (!begun_) append_head(out);
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, range_.length - produced_));
  const auto memory = std::make_unique_for_overwrite<std::byte[]>(wanted);
  const std::span block(memory.get(), wanted);
  if (!read_into(block)) return false;
  if (raw_) {
    out += as_text(block);
  } else {
    numbers_.append_block(out, block);
  }
  if (done_ && !raw_) {
    numbers_.append_tail(out, {file_.name(), file_.size(), tells_range_ ? std::optional(range_) : std::nullopt});
  }
  return true;
}

bool FileBody::read_into(std::span<std::byte> out) {
  if (!file_.read_exactly(range_.offset + produced_, out)) return false;
  produced_ += out.size();
  done_ = produced_ == range_.length;
  return !done_ || file_.is_unchanged();
}

void FileBody::append_head(std::string& out) {
  begun_ = true;
  if (raw_) {
    wire::append_raw_header(out, {file_.name(), file_.size(), range_, std::nullopt, file_.validator()});
  } else {
    numbers_.append_head(out);
  }
}

}  // namespace torq::doors::quic_json
