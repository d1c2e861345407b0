// SPDX-License-Identifier: MIT
#include "torq/doors/quic_json/file_body.hpp"

#include <algorithm>
#include <memory>

#include "torq/wire/answer_encoder.hpp"

namespace torq::doors::quic_json {

FileBody::FileBody(const files::FileTree& files, files::File file, std::size_t& open, const wire::FileRequest& request,
                   wire::ByteRange range)
    : files_(files),
      open_(open),
      file_(std::in_place, std::move(file), open),
      size_((*file_)->size()),
      name_(request.name),
      range_(range),
      raw_(request.encoding == wire::FileEncoding::kRaw),
      tells_range_(request.has_range()) {}

bool FileBody::produce(std::string& out, std::size_t bytes) {
  if (!file_ && !reopen()) return false;
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
    numbers_.append_tail(out, {name_, size_, tells_range_ ? std::optional(range_) : std::nullopt});
  }
  return true;
}

bool FileBody::read_into(std::span<std::byte> out) {
  if (!file_ && !reopen()) return false;
  const auto got = (*file_)->read_at(range_.offset + produced_, out);
  if (!got || *got != out.size()) return false;
  produced_ += out.size();
  done_ = produced_ == range_.length;
  return true;
}

void FileBody::pause() {
  constexpr std::size_t kKeptOpen = 64;
  if (!file_ || open_ <= kKeptOpen) return;
  const auto id = (*file_)->id();
  if (!id) return;
  id_ = *id;
  file_.reset();
}

bool FileBody::reopen() {
  auto file = files_.open(name_);
  if (!file) return false;
  const auto id = file->id();
  if (!id || *id != id_) return false;
  file_.emplace(std::move(*file), open_);
  return true;
}

void FileBody::append_head(std::string& out) {
  begun_ = true;
  if (raw_) {
    wire::append_raw_header(out, {name_, size_, range_, std::nullopt});
  } else {
    numbers_.append_head(out);
  }
}

}  // namespace torq::doors::quic_json
