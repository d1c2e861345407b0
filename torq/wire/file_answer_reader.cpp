// SPDX-License-Identifier: MIT
#include "torq/wire/file_answer_reader.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "torq/wire/json_scanner.hpp"
#include "torq/wire/json_text.hpp"

namespace torq::wire {
namespace {

/// Reads the numbers of a list, of which a large file makes millions, a character at a time.
class NumberList {
 public:
  enum class Progress : std::uint8_t { kNeedsMore, kEnd, kFault };

  /// Takes characters off `input` and appends the bytes that they complete, up to the closing bracket.
  Progress read(std::string_view& input, std::vector<std::byte>& out) {
    for (std::size_t i = 0; i < input.size(); ++i) {
      const char c = input[i];
      if (c >= '0' && c <= '9') {
        if (!add_digit(static_cast<unsigned>(c - '0'))) return Progress::kFault;
        continue;
      }
      if (state_ == State::kDigits) {
        out.push_back(static_cast<std::byte>(value_));
        state_ = State::kAfterNumber;
      }
      if (is_json_space(c)) continue;
      if (c == ',' && state_ == State::kAfterNumber) {
        state_ = State::kNumber;
      } else {
        input.remove_prefix(i + 1);
        return c == ']' && state_ != State::kNumber ? Progress::kEnd : Progress::kFault;
      }
    }
    input = {};
    return Progress::kNeedsMore;
  }

 private:
  enum class State : std::uint8_t { kNumberOrEnd, kNumber, kDigits, kAfterNumber };

  /// False: no number from 0 to 255 as JSON writes it.
  bool add_digit(unsigned digit) {
    if (state_ == State::kDigits) {
      if (value_ == 0) return false;  // 01
      value_ = value_ * 10 + digit;
      return value_ <= 255;
    }
    if (state_ == State::kAfterNumber) return false;
    state_ = State::kDigits;
    value_ = digit;
    return true;
  }

  State state_ = State::kNumberOrEnd;
  unsigned value_ = 0;
};

}  // namespace

class FileAnswerReader::Impl {
 public:
  explicit Impl(const FileAnswerLimits& limits) : limits_(limits), scanner_(limits.max_text_bytes) {}

  Result<Bytes, AnswerError> feed(Bytes chunk) {
    out_.clear();
    std::string_view input = as_text(chunk);
    wire_bytes_ += input.size();
    while (!input.empty() && !failure_) {
      if (in_data_) {
        read_data(input);
      } else {
        read_member(input);
      }
    }
    file_bytes_ += out_.size();
    if (file_bytes_ > limits_.max_file_bytes) {
      fail(fmt::format("data is longer than {} bytes", limits_.max_file_bytes));
    }
    if (wire_bytes_ > most_wire_bytes()) fail("the answer is too long for the file");
    if (failure_) return Failure<AnswerError>(*failure_);
    return Bytes(out_);
  }

  Result<FileAnswer, AnswerError> finish() {
    if (!scanner_.is_whole()) fail("the answer ended early");
    if (!failure_ && error_) failure_ = Refusal{code_.value_or(""), *error_};
    if (!has_data_) fail("data is missing");
    if (!filename_) fail("filename is missing");
    if (!size_) fail("size is missing");
    if (offset_.has_value() != length_.has_value()) fail("offset and length go together");
    if (failure_) return Failure<AnswerError>(*failure_);
    FileAnswer answer{*filename_, *size_, std::nullopt};
    if (length_) answer.range = ByteRange{*offset_, *length_};
    if (answer.range && !answer.range->is_within(answer.size)) fail("length reaches beyond the size");
    if (length_.value_or(*size_) != file_bytes_) fail("data is not as long as the answer says");
    if (failure_) return Failure<AnswerError>(*failure_);
    return answer;
  }

 private:
  /// For what has come of the file. An indented list has some 13 characters for a byte; more is a server that keeps us
  /// busy. A chunk is smaller than what else an answer may have.
  std::uint64_t most_wire_bytes() const {
    constexpr std::uint64_t kOther = std::uint64_t{1} << 20;
    return file_bytes_ > (~std::uint64_t{0} - kOther) / 16 ? ~std::uint64_t{0} : file_bytes_ * 16 + kOther;
  }

  void read_data(std::string_view& input) {
    const NumberList::Progress progress = numbers_.read(input, out_);
    if (progress == NumberList::Progress::kFault) fail("data lists something that is no number from 0 to 255");
    if (progress != NumberList::Progress::kEnd) return;
    in_data_ = false;
    scanner_.skip_array();
  }

  void read_member(std::string_view& input) {
    using Event = JsonScanner::Event;
    const Event event = scanner_.next(input);
    if (event == Event::kFault) fail("the answer is not JSON");
    if (event == Event::kName && scanner_.depth() == 1) name_ = scanner_.scalar().text;
    if (event == Event::kScalar && scanner_.depth() == 1) take_scalar();
    const bool begins_member = (event == Event::kBeginArray || event == Event::kBeginObject) && scanner_.depth() == 2;
    if (begins_member) take_container(event == Event::kBeginArray);
  }

  void take_container(bool is_array) {
    if (name_ == "data" && is_array) {
      if (has_data_) fail("data is there twice");
      has_data_ = in_data_ = true;
    } else if (text_member() != nullptr || number_member() != nullptr || name_ == "data") {
      fail(fmt::format("{} is of the wrong type", name_));
    }
  }

  void take_scalar() {
    const JsonScalar& scalar = scanner_.scalar();
    if (scalar.is_absent()) return;
    if (std::optional<std::string>* const text = text_member()) {
      if (!scalar.is_text() || scanner_.is_cut() || !is_utf8(scalar.text)) fail(fmt::format("{} is no text", name_));
      *text = scalar.text;
    } else if (std::optional<std::uint64_t>* const number = number_member()) {
      const auto whole = scalar.is_number() ? whole_number<std::uint64_t>(scalar.text) : std::nullopt;
      if (!whole || !whole->fits) return fail(fmt::format("{} is no whole number that fits 64 bits", name_));
      *number = whole->value;
    } else if (name_ == "data") {
      fail("data is no list");
    }
  }

  std::optional<std::string>* text_member() {
    if (name_ == "filename") return &filename_;
    if (name_ == "error") return &error_;
    return name_ == "code" ? &code_ : nullptr;
  }

  std::optional<std::uint64_t>* number_member() {
    if (name_ == "size") return &size_;
    if (name_ == "offset") return &offset_;
    return name_ == "length" ? &length_ : nullptr;
  }

  void fail(std::string text) {
    if (!failure_) failure_ = MalformedAnswer{std::move(text)};
  }

  FileAnswerLimits limits_;
  JsonScanner scanner_;
  NumberList numbers_;
  std::vector<std::byte> out_;    // the bytes that the last chunk completed
  std::uint64_t file_bytes_ = 0;  // all of them
  std::uint64_t wire_bytes_ = 0;  // all that was fed
  std::string name_;              // of the outermost member that is being read
  bool has_data_ = false;
  bool in_data_ = false;
  std::optional<std::string> filename_, error_, code_;
  std::optional<std::uint64_t> size_, offset_, length_;
  std::optional<AnswerError> failure_;
};

FileAnswerReader::FileAnswerReader(const FileAnswerLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
FileAnswerReader::FileAnswerReader(FileAnswerReader&&) noexcept = default;
FileAnswerReader& FileAnswerReader::operator=(FileAnswerReader&&) noexcept = default;
FileAnswerReader::~FileAnswerReader() = default;

Result<Bytes, AnswerError> FileAnswerReader::feed(Bytes chunk) { return impl_->feed(chunk); }
Result<FileAnswer, AnswerError> FileAnswerReader::finish() { return impl_->finish(); }

}  // namespace torq::wire
