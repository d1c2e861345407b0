// SPDX-License-Identifier: MIT
#include "torq/wire/answer_parser.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "torq/base/hex.hpp"
#include "torq/wire/json_document.hpp"
#include "torq/wire/json_text.hpp"

namespace torq::wire {
namespace {

constexpr std::size_t kUsualAnswer = std::size_t{16} * 1024;  // bytes: an announce reply with 200 peers

// An interval beyond is no interval, and arithmetic with it may overflow.
constexpr std::uint64_t kMaxSeconds = 0x7fff'ffff;

/// Checks the members of one answer. The first fault sticks, and every value after it is worth nothing.
class AnswerMembers {
 public:
  using Number = std::optional<std::uint64_t>;
  using Text = std::optional<std::string>;

  // Each reads one member; nothing when that is null or, which is a fault, of another type.
  Number number(std::string_view name, JsonValue& value) {
    const JsonScalar scalar = value.scalar();
    if (scalar.is_absent()) return std::nullopt;
    const auto number = scalar.is_number() ? whole_number<std::uint64_t>(scalar.text) : std::nullopt;
    if (number && number->fits) return number->value;
    fault(name, "is no whole number that fits 64 bits");
    return std::nullopt;
  }

  Text text(std::string_view name, JsonValue& value) {
    const JsonScalar scalar = value.scalar();
    if (scalar.is_text()) return std::string(scalar.text);
    if (!scalar.is_absent()) fault(name, "is no text");
    return std::nullopt;
  }

  bool flag(std::string_view name, JsonValue& value) {
    const JsonScalar scalar = value.scalar();
    if (scalar.kind != JsonScalar::Kind::kBool && !scalar.is_absent()) fault(name, "is neither true nor false");
    return scalar.text == "true";
  }

  /// A member that must be there: its value, or a fault.
  template <class T>
  T need(std::string_view name, std::optional<T> value) {
    if (!value) fault(name, "is missing");
    return std::move(value).value_or(T{});
  }

  std::chrono::seconds seconds(std::string_view name, std::uint64_t value) {
    if (value > kMaxSeconds) fault(name, "is longer than any interval");
    return std::chrono::seconds(static_cast<std::int64_t>(value & kMaxSeconds));
  }

  void fault(std::string_view name, std::string_view what) {
    if (fault_.empty()) fault_ = fmt::format("{} {}", name, what);
  }

  const std::string& fault() const { return fault_; }

 private:
  std::string fault_;
};

/// Left out (nothing) is a peer that nobody could connect to; its members must still be of the right types.
std::optional<SocketAddress> read_peer(AnswerMembers& members, JsonValue& value) {
  if (!value.is_object()) members.fault("peers", "lists something that is no object");
  AnswerMembers::Number port;
  AnswerMembers::Text ip;
  value.members([&](std::string_view name, JsonValue& member) {
    if (name == "ip") ip = members.text("ip", member);
    if (name == "port") port = members.number("port", member);
  });
  const auto address = parse_ip(members.need("ip", ip));
  const std::uint64_t number = members.need("port", port);
  if (!address || number == 0 || number > 0xffff) return std::nullopt;
  return SocketAddress{*address, static_cast<std::uint16_t>(number)};
}

tracker::SwarmCounts read_counts(AnswerMembers& members, JsonValue& value) {
  if (!value.is_object()) members.fault("files", "has a member that is no object");
  AnswerMembers::Number complete, downloaded, incomplete;
  value.members([&](std::string_view name, JsonValue& member) {
    if (name == "complete") complete = members.number(name, member);
    if (name == "downloaded") downloaded = members.number(name, member);
    if (name == "incomplete") incomplete = members.number(name, member);
  });
  return {members.need("complete", complete), members.need("downloaded", downloaded),
          members.need("incomplete", incomplete)};
}

ListEntry read_entry(AnswerMembers& members, JsonValue& value) {
  if (!value.is_object()) members.fault("entries", "lists something that is no object");
  AnswerMembers::Text name, type;
  AnswerMembers::Number size;
  value.members([&](std::string_view member_name, JsonValue& member) {
    if (member_name == "name") name = members.text("name", member);
    if (member_name == "type") type = members.text("type", member);
    if (member_name == "size") size = members.number("size", member);
  });
  const std::string kind = members.need("type", type);
  if (kind != "file" && kind != "folder") members.fault("type", "is neither file nor folder");
  return {members.need("name", std::move(name)), kind == "folder" ? EntryType::kFolder : EntryType::kFile,
          members.need("size", size)};
}

/// What a server does not tell stays as we would have it.
Limits read_limits(AnswerMembers& members, JsonValue& value) {
  Limits limits;
  if (!value.is_object()) members.fault("limits", "is no object");
  value.members([&](std::string_view name, JsonValue& member) {
    const auto into = [&](auto& limit) { limit = members.number(name, member).value_or(limit); };
    const auto into_seconds = [&](std::chrono::seconds& limit) {
      if (const auto number = members.number(name, member)) limit = members.seconds(name, *number);
    };
    if (name == "max_request_bytes") into(limits.max_request_bytes);
    if (name == "max_json_file_bytes") into(limits.max_json_file_bytes);
    if (name == "max_numwant") into(limits.max_numwant);
    if (name == "max_scrape") into(limits.max_scrape);
    if (name == "max_list") into(limits.max_list);
    if (name == "interval") into_seconds(limits.interval);
    if (name == "min_interval") into_seconds(limits.min_interval);
  });
  return limits;
}

CapabilitySet read_capabilities(AnswerMembers& members, JsonValue& value) {
  CapabilitySet capabilities;
  if (!value.is_array()) members.fault("capabilities", "is no list");
  value.elements([&](JsonValue& element) {
    const JsonScalar scalar = element.scalar();
    if (!scalar.is_text()) members.fault("capabilities", "lists something that is no text");
    if (const auto known = parse_capability(scalar.text)) capabilities.add(*known);
  });
  return capabilities;
}

std::optional<Sha256> read_sha256(AnswerMembers& members, JsonValue& value) {
  const AnswerMembers::Text digits = members.text("sha256", value);
  if (!digits) return std::nullopt;
  Sha256 digest{};
  if (!from_hex(*digits, digest)) members.fault("sha256", "is not 64 hexadecimal digits");
  return digest;
}

}  // namespace

class AnswerParser::Impl {
 public:
  explicit Impl(const AnswerLimits& limits) : limits_(limits), reader_(kUsualAnswer) {}

  Result<tracker::AnnounceReply, AnswerError> parse_announce(Bytes answer) {
    tracker::AnnounceReply reply;
    AnswerMembers::Number interval, complete, incomplete;
    bool listed = false;
    AnswerMembers members;
    const auto error = read(answer, members, [&](std::string_view name, JsonValue& value) {
      if (name == "interval") interval = members.number(name, value);
      if (name == "complete") complete = members.number(name, value);
      if (name == "incomplete") incomplete = members.number(name, value);
      if (name == "peers") {
        listed = value.is_array();
        value.elements([&](JsonValue& element) {
          const auto peer = read_peer(members, element);
          if (peer && reply.peers.size() < limits_.max_peers) reply.peers.push_back(*peer);
        });
      }
    });
    if (!listed) members.fault("peers", "is no list");
    reply.interval = members.seconds("interval", members.need("interval", interval));
    reply.complete = members.need("complete", complete);
    reply.incomplete = members.need("incomplete", incomplete);
    return finish(error, members, std::move(reply));
  }

  Result<CapabilityReply, AnswerError> parse_capabilities(Bytes answer) {
    CapabilityReply reply;
    AnswerMembers::Number version;
    std::optional<CapabilitySet> capabilities;
    AnswerMembers members;
    const auto error = read(answer, members, [&](std::string_view name, JsonValue& value) {
      if (name == "version") version = members.number(name, value);
      if (name == "capabilities") capabilities = read_capabilities(members, value);
      if (name == "limits") reply.limits = read_limits(members, value);
    });
    reply.version = members.need("version", version);
    reply.capabilities = members.need("capabilities", capabilities);
    return finish(error, members, std::move(reply));
  }

  Result<ScrapeReply, AnswerError> parse_scrape(Bytes answer) {
    ScrapeReply reply;
    bool listed = false;
    AnswerMembers members;
    const auto error = read(answer, members, [&](std::string_view name, JsonValue& value) {
      if (name != "files") return;
      listed = value.is_object();
      value.members([&](std::string_view info_hash, JsonValue& counts) {
        if (reply.files.size() == limits_.max_files) return;
        reply.files.push_back({std::string(info_hash), read_counts(members, counts)});
      });
    });
    if (!listed) members.fault("files", "is no object");
    return finish(error, members, std::move(reply));
  }

  Result<ListReply, AnswerError> parse_list(Bytes answer) {
    ListReply reply;
    AnswerMembers::Text folder;
    bool listed = false;
    AnswerMembers members;
    const auto error = read(answer, members, [&](std::string_view name, JsonValue& value) {
      if (name == "list") folder = members.text(name, value);
      if (name == "truncated") reply.truncated = members.flag(name, value);
      if (name == "entries") {
        listed = value.is_array();
        value.elements([&](JsonValue& entry) {
          if (reply.entries.size() < limits_.max_entries) reply.entries.push_back(read_entry(members, entry));
        });
      }
    });
    if (!listed) members.fault("entries", "is no list");
    reply.folder = members.need("list", std::move(folder));
    return finish(error, members, std::move(reply));
  }

  Result<RawHeader, AnswerError> parse_raw_header(Bytes line) {
    RawHeader header;
    AnswerMembers::Text filename, validator;
    AnswerMembers::Number size, offset, length;
    AnswerMembers members;
    const auto error = read(line, members, [&](std::string_view name, JsonValue& value) {
      if (name == "filename") filename = members.text(name, value);
      if (name == "size") size = members.number(name, value);
      if (name == "offset") offset = members.number(name, value);
      if (name == "length") length = members.number(name, value);
      if (name == "sha256") header.sha256 = read_sha256(members, value);
      if (name == "validator") validator = members.text(name, value);
    });
    header.filename = members.need("filename", std::move(filename));
    header.size = members.need("size", size);
    header.range = {members.need("offset", offset), members.need("length", length)};
    header.validator = std::move(validator).value_or("");
    if (header.validator.size() > RawHeader::kMaxValidator) members.fault("validator", "is too long");
    if (!header.range.is_within(header.size)) members.fault("length", "reaches beyond the size");
    return finish(error, members, std::move(header));
  }

 private:
  /// Reads the answer's members but those of an error object, which it returns as the refusal that they are.
  template <class OnMember>
  std::optional<AnswerError> read(Bytes answer, AnswerMembers& members, OnMember&& on_member) {
    if (answer.size() > limits_.max_bytes) return MalformedAnswer{"the answer is too long"};
    AnswerMembers::Text error;
    AnswerMembers::Text code;
    switch (reader_.read(reader_.padded(answer), answer.size(), [&](std::string_view name, JsonValue& value) {
      if (name == "error") {
        error = members.text(name, value);
      } else if (name == "code") {
        code = members.text(name, value);
      } else {
        on_member(name, value);
      }
    })) {
      case JsonOutcome::kNoUtf8:
        return MalformedAnswer{"the answer is not UTF-8"};
      case JsonOutcome::kNoJson:
        return MalformedAnswer{"the answer is not JSON"};
      case JsonOutcome::kNoObject:
        return MalformedAnswer{"the answer is no object"};
      case JsonOutcome::kObject:
        break;
    }
    if (error) return Refusal{std::move(code).value_or(""), *std::move(error)};
    return std::nullopt;
  }

  template <class Reply>
  static Result<Reply, AnswerError> finish(const std::optional<AnswerError>& error, const AnswerMembers& members,
                                           Reply&& reply) {
    if (error) return Failure<AnswerError>(*error);
    if (!members.fault().empty()) return Failure<AnswerError>(MalformedAnswer{members.fault()});
    return std::forward<Reply>(reply);
  }

  AnswerLimits limits_;
  JsonReader reader_;
};

AnswerParser::AnswerParser(const AnswerLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
AnswerParser::AnswerParser(AnswerParser&&) noexcept = default;
AnswerParser& AnswerParser::operator=(AnswerParser&&) noexcept = default;
AnswerParser::~AnswerParser() = default;

Result<tracker::AnnounceReply, AnswerError> AnswerParser::parse_announce(Bytes answer) {
  return impl_->parse_announce(answer);
}
Result<CapabilityReply, AnswerError> AnswerParser::parse_capabilities(Bytes answer) {
  return impl_->parse_capabilities(answer);
}
Result<ScrapeReply, AnswerError> AnswerParser::parse_scrape(Bytes answer) { return impl_->parse_scrape(answer); }
Result<ListReply, AnswerError> AnswerParser::parse_list(Bytes answer) { return impl_->parse_list(answer); }
Result<RawHeader, AnswerError> AnswerParser::parse_raw_header(Bytes line) { return impl_->parse_raw_header(line); }

}  // namespace torq::wire
