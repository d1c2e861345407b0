// SPDX-License-Identifier: MIT
#include "torq/h3/get.hpp"

#include <nghttp3/nghttp3.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <new>

namespace torq::h3 {
namespace {

// RFC 9114 7.2
constexpr std::uint64_t kData = 0x00, kHeaders = 0x01;
// Those that belong on control streams, a push that was not allowed, and those of HTTP/2 that are forbidden.
constexpr std::uint64_t kLastKnown = 0x09, kMaxPushId = 0x0d;

// QPACK's static table (RFC 9204 appendix A).
constexpr unsigned kAuthority = 0, kPath = 1, kMethodGet = 17, kSchemeHttps = 23, kUserAgent = 95;

Failure<std::string> wrong(std::string text) { return Failure(std::move(text)); }

// RFC 9204 4.1.1: an integer whose first byte shares its place with flags.
void append_prefixed(std::string& out, unsigned flags, unsigned bits, std::size_t value) {
  const std::size_t most = (std::size_t{1} << bits) - 1;
  if (value < most) {
    out += static_cast<char>(flags | value);
    return;
  }
  out += static_cast<char>(flags | most);
  for (value -= most; value >= 128; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7f));
  out += static_cast<char>(value);
}

void append_indexed(std::string& out, unsigned index) { append_prefixed(out, 0xc0, 6, index); }

void append_named(std::string& out, unsigned name, std::string_view value) {
  append_prefixed(out, 0x50, 4, name);
  append_prefixed(out, 0, 7, value.size());
  out += value;
}

// RFC 9000 16
void append_varint(std::string& out, std::uint64_t value) {
  const int bytes = value < (1U << 6) ? 1 : value < (1U << 14) ? 2 : 4;
  const std::uint64_t tagged = value | (bytes == 1 ? 0 : bytes == 2 ? std::uint64_t{1} << 14 : std::uint64_t{2} << 30);
  for (int i = bytes; i-- > 0;) out += static_cast<char>(tagged >> (8 * i));
}

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  if (bytes.empty()) return std::nullopt;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const std::size_t size = std::size_t{1} << (first >> 6);
  if (bytes.size() < size) return std::nullopt;
  std::uint64_t value = first & 0x3f;
  for (std::size_t i = 1; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(size);
  return value;
}

std::optional<std::uint64_t> whole(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view decoded_text(nghttp3_rcbuf* buffer) {
  const nghttp3_vec view = nghttp3_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(view.base), view.len};
}

/// For one field section: without a dynamic table nothing is left over for the next.
class FieldDecoder {
 public:
  FieldDecoder() {
    const nghttp3_mem* const memory = nghttp3_mem_default();
    if (nghttp3_qpack_decoder_new(&decoder_, 0, 0, memory) != 0) throw std::bad_alloc();
    if (nghttp3_qpack_stream_context_new(&stream_, 0, memory) != 0) {
      nghttp3_qpack_decoder_del(decoder_);
      throw std::bad_alloc();
    }
  }
  ~FieldDecoder() {
    nghttp3_qpack_stream_context_del(stream_);
    nghttp3_qpack_decoder_del(decoder_);
  }
  FieldDecoder(const FieldDecoder&) = delete;
  FieldDecoder& operator=(const FieldDecoder&) = delete;

  /// `take(name, value)` for each field. False when that is no field section, or it needs a dynamic table.
  template <class Take>
  bool decode(std::string_view section, Take take) {
    for (;;) {
      nghttp3_qpack_nv field;
      std::uint8_t flags = 0;
      const auto read = nghttp3_qpack_decoder_read_request(
          decoder_, stream_, &field, &flags, reinterpret_cast<const std::uint8_t*>(section.data()), section.size(), 1);
      if (read < 0 || (flags & NGHTTP3_QPACK_DECODE_FLAG_BLOCKED) != 0) return false;
      section.remove_prefix(static_cast<std::size_t>(read));
      if ((flags & NGHTTP3_QPACK_DECODE_FLAG_FINAL) != 0) return true;
      if ((flags & NGHTTP3_QPACK_DECODE_FLAG_EMIT) == 0) return false;
      take(decoded_text(field.name), decoded_text(field.value));
      nghttp3_rcbuf_decref(field.name);
      nghttp3_rcbuf_decref(field.value);
    }
  }

 private:
  nghttp3_qpack_decoder* decoder_ = nullptr;
  nghttp3_qpack_stream_context* stream_ = nullptr;
};

}  // namespace

std::string encode_get(std::string_view authority, std::string_view target) {
  std::string fields(2, '\0');  // no dynamic table is referred to (RFC 9204 4.5.1)
  append_indexed(fields, kMethodGet);
  append_indexed(fields, kSchemeHttps);
  append_named(fields, kAuthority, authority);
  append_named(fields, kPath, target);
  append_named(fields, kUserAgent, "torq");
  std::string stream;
  append_varint(stream, kHeaders);
  append_varint(stream, fields.size());
  return stream + fields;
}

Result<void, std::string> AnswerReader::feed(Bytes bytes) {
  while (!bytes.empty()) {
    if (in_frame_) {
      take_payload(bytes);
    } else {
      head_ += as_text(bytes.first(1));
      bytes = bytes.subspan(1);
      if (const auto begun = begin_frame(); !begun) return begun;
    }
    if (in_frame_ && missing_ == 0) {
      if (const auto ended = end_frame(); !ended) return ended;
    }
  }
  return {};
}

Result<Answer, std::string> AnswerReader::finish() {
  if (in_frame_ || !head_.empty() || answer_.status == 0) return wrong("it was cut");
  if (length_ && *length_ != answer_.body.size()) return wrong("it is not as long as its Content-Length says");
  return std::move(answer_);
}

AnswerReader::Outcome AnswerReader::begin_frame() {
  std::string_view head = head_;
  const auto type = take_varint(head);
  const auto size = type ? take_varint(head) : std::nullopt;
  if (!size) return {};
  head_.clear();
  in_frame_ = true;
  type_ = *type;
  missing_ = *size;
  if (type_ == kData) {
    if (answer_.status == 0 || has_trailers_) return wrong("its body is not where it belongs");
    if (missing_ > limits_.body_bytes - answer_.body.size()) {
      return wrong("it has more than " + std::to_string(limits_.body_bytes) + " bytes");
    }
  } else if (type_ == kHeaders) {
    if (has_trailers_) return wrong("it has fields behind its end");
    if (missing_ > limits_.field_section_bytes) {
      return wrong("its head has more than " + std::to_string(limits_.field_section_bytes) + " bytes");
    }
  } else if (type_ <= kLastKnown || type_ == kMaxPushId) {
    return wrong("it has a frame that does not belong there");
  }
  return {};
}

void AnswerReader::take_payload(Bytes& bytes) {
  const Bytes part = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(missing_, bytes.size())));
  if (type_ == kData) answer_.body += as_text(part);
  if (type_ == kHeaders) fields_ += as_text(part);
  missing_ -= part.size();
  bytes = bytes.subspan(part.size());
}

AnswerReader::Outcome AnswerReader::end_frame() {
  in_frame_ = false;
  if (type_ != kHeaders) return {};
  if (answer_.status != 0) {  // trailers, which nobody reads
    has_trailers_ = true;
    return {};
  }
  const auto decoded = decode_fields();
  fields_.clear();
  if (!decoded) return decoded;
  if (answer_.status == 0) return wrong("it has no status");
  if (answer_.status < 200) {  // an interim answer
    answer_ = {};
    length_.reset();
  }
  return {};
}

AnswerReader::Outcome AnswerReader::decode_fields() {
  Outcome outcome;
  const bool is_good = FieldDecoder().decode(fields_, [&](std::string_view name, std::string_view value) {
    if (outcome) outcome = take_field(name, value);
  });
  if (!is_good) return wrong("its head cannot be read");
  return outcome;
}

AnswerReader::Outcome AnswerReader::take_field(std::string_view name, std::string_view value) {
  if (name == ":status") {
    const auto status = whole(value);
    if (!status || *status < 100 || *status > 999 || answer_.status != 0) return wrong("its status is none");
    answer_.status = static_cast<std::uint16_t>(*status);
  } else if (name == "location") {
    answer_.location = value;
  } else if (name == "content-encoding" && value != "identity") {
    return wrong("it is compressed, which was not asked for");
  } else if (name == "content-length") {
    const auto length = whole(value);
    if (!length || (length_ && *length_ != *length)) return wrong("its Content-Length is no number");
    length_ = length;
  }
  return {};
}

}  // namespace torq::h3
