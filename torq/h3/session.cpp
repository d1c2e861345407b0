// SPDX-License-Identifier: MIT
#include "torq/h3/session.hpp"

#include <malloc.h>
#include <nghttp3/nghttp3.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <deque>
#include <list>
#include <new>
#include <unordered_map>
#include <utility>

#include "torq/h3/control_filter.hpp"

namespace torq::h3 {
namespace {

// A peer names the lengths of its strings before it sends them, and nghttp3 makes room at once: what it holds is
// counted. The allocator knows the size of each block.
std::size_t size_of(void* block) { return block == nullptr ? 0 : ::malloc_usable_size(block); }

void* counted(void* block, void* held) {
  *static_cast<std::size_t*>(held) += size_of(block);
  return block;
}

void release(void* block, void* held) {
  *static_cast<std::size_t*>(held) -= size_of(block);
  std::free(block);
}

void* resize(void* block, std::size_t size, void* held) {
  const std::size_t before = size_of(block);
  void* moved = std::realloc(block, size);
  if (moved == nullptr) return nullptr;
  *static_cast<std::size_t*>(held) -= before;
  return counted(moved, held);
}

nghttp3_mem counting(std::size_t& held) {
  return {&held, [](std::size_t size, void* total) { return counted(std::malloc(size), total); }, release,
          [](std::size_t n, std::size_t size, void* total) { return counted(std::calloc(n, size), total); }, resize};
}

std::string_view text_of(nghttp3_rcbuf* buffer) {
  const nghttp3_vec view = nghttp3_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(view.base), view.len};
}

nghttp3_nv make_field(std::string_view name, std::string_view value) {
  return {reinterpret_cast<const std::uint8_t*>(name.data()), reinterpret_cast<const std::uint8_t*>(value.data()),
          name.size(), value.size(), NGHTTP3_NV_FLAG_NONE};
}

bool is_request(std::int64_t id) { return (id & 3) == 0; }
bool is_clients_own(std::int64_t id) { return (id & 3) == 2; }

/// A request and its response.
struct Exchange {
  Request request;
  std::size_t field_bytes = 0;
  std::uint64_t body_bytes = 0;
  bool ended = false;     // the peer's half
  bool refused = false;   // TooLarge was said
  bool answered = false;  // respond() was called
  // Of the response: what was not asked for yet, what nghttp3 points into, and what makes more of it.
  std::string text;
  std::list<std::string> blocks;  // which costs nothing while there is none
  std::size_t taken = 0;          // of the first block
  std::unique_ptr<Body> rest;

  std::size_t kept = 0;    // bytes of all that
  std::size_t fields = 0;  // of them, of a request that nobody has taken
};

}  // namespace

struct Session::Impl {
  Limits limits;
  std::size_t held = 0;  // by nghttp3
  std::size_t kept = 0;  // in all exchanges
  nghttp3_mem memory = counting(held);
  nghttp3_conn* conn = nullptr;
  bool bound = false;
  std::uint64_t allowed = 0;  // request streams, from the first on
  std::unordered_map<std::int64_t, Exchange> exchanges;
  std::unordered_map<std::int64_t, ControlFilter> filters;  // of the peer's unidirectional streams
  std::deque<Event> events;
  std::optional<Fault> fault;

  explicit Impl(const Limits& what) : limits(what) {
    nghttp3_settings settings;
    nghttp3_settings_default(&settings);
    settings.max_field_section_size = limits.field_section_bytes;
    settings.qpack_max_dtable_capacity = 0;
    settings.qpack_encoder_max_dtable_capacity = 0;
    settings.qpack_blocked_streams = 0;
    const nghttp3_callbacks callbacks = make_callbacks();
    if (nghttp3_conn_server_new(&conn, &callbacks, &settings, &memory, this) != 0) throw std::bad_alloc();
  }
  ~Impl() { nghttp3_conn_del(conn); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  static nghttp3_callbacks make_callbacks();

  Exchange* find(std::int64_t id) {
    const auto it = exchanges.find(id);
    return it == exchanges.end() ? nullptr : &it->second;
  }

  /// Of a malformed message the stream is ended, and nothing else (RFC 9114 4.1.2). nghttp3 does so itself for what it
  /// sees in a field; for the rest (its length, where HEADERS may stand) it returns an error, and has touched nothing
  /// but that stream: no field section stays half read, for there is no dynamic table.
  void check_message(std::int64_t id, std::int64_t result) {
    const bool is_malformed =
        result == NGHTTP3_ERR_MALFORMED_HTTP_MESSAGING || result == NGHTTP3_ERR_MALFORMED_HTTP_HEADER;
    if (!is_malformed || !is_request(id)) return check(result);
    Exchange& exchange = exchanges[id];
    exchange.ended = exchange.refused = true;
    exchange.request = {};
    let_go_of_request(exchange);
    events.push_back(StopSending{StreamId{id}, NGHTTP3_H3_MESSAGE_ERROR});
    events.push_back(Reset{StreamId{id}, NGHTTP3_H3_MESSAGE_ERROR});
    check(0);
  }

  /// After each call into nghttp3. What it does not know of was forgotten before, or never was HTTP/3.
  void check(std::int64_t result) {
    if (fault) return;
    if (result < 0 && result != NGHTTP3_ERR_STREAM_NOT_FOUND) {
      const int error = static_cast<int>(result);
      fault = Fault{nghttp3_err_infer_quic_app_error_code(error), nghttp3_strerror(error)};
    } else if (held > limits.memory) {
      fault = Fault{NGHTTP3_H3_EXCESSIVE_LOAD, "the connection's requests take too much memory"};
    }
  }

  // A PRIORITY_UPDATE may name streams that are still to be opened, but not any number of them (RFC 9218 7.2). Streams
  // come in any order, and nghttp3 aborts on a number that falls.
  void allow_streams_beyond(std::int64_t id) {
    allowed = std::max(allowed, static_cast<std::uint64_t>(id >> 2) + 1 + limits.streams);
    nghttp3_conn_set_max_client_streams_bidi(conn, allowed);
  }

  void keep(Exchange& exchange, std::size_t bytes) {
    exchange.kept += bytes;
    kept += bytes;
  }
  void let_go(Exchange& exchange, std::size_t bytes) {
    exchange.kept -= bytes;
    kept -= bytes;
  }
  void let_go_of_request(Exchange& exchange) { let_go(exchange, std::exchange(exchange.fields, 0)); }
  void forget(std::int64_t id) {
    const auto it = exchanges.find(id);
    if (it == exchanges.end()) return;
    kept -= it->second.kept;
    exchanges.erase(it);
    // Before bind() nobody takes them, and a peer could go on for ever.
    std::erase_if(events, [id](const Event& event) {
      return std::visit([id](const auto& what) { return what.stream == StreamId{id}; }, event);
    });
  }

  void refuse(std::int64_t id, Exchange& exchange, TooLarge::Part part) {
    if (exchange.refused) return;
    exchange.refused = true;
    exchange.request = {};
    let_go_of_request(exchange);
    events.push_back(TooLarge{StreamId{id}, part});
  }

  void take_field(std::int64_t id, std::string_view name, std::string_view value) {
    Exchange& exchange = exchanges[id];
    constexpr std::size_t kOverhead = 32;
    exchange.field_bytes += name.size() + value.size() + kOverhead;
    if (exchange.field_bytes > limits.field_section_bytes) refuse(id, exchange, TooLarge::Part::kFields);
    if (exchange.refused) return;
    keep(exchange, name.size() + value.size() + kOverhead);
    exchange.fields += name.size() + value.size() + kOverhead;
    if (name == ":method") {
      exchange.request.method = value;
    } else if (name == ":path") {
      exchange.request.target = value;
    } else if (!name.starts_with(':')) {
      exchange.request.fields.push_back({std::string(name), std::string(value)});
    }
  }

  void take_body(std::int64_t id, std::size_t size) {
    Exchange& exchange = exchanges[id];
    exchange.body_bytes += size;
    if (exchange.body_bytes > limits.body_bytes) refuse(id, exchange, TooLarge::Part::kBody);
  }

  void take_end(std::int64_t id) {
    Exchange& exchange = exchanges[id];
    if (exchange.refused) return;
    events.push_back(Asked{StreamId{id}, std::move(exchange.request)});
  }

  // The next block of a response's body: nghttp3 points into it until it is acknowledged.
  nghttp3_ssize produce(std::int64_t id, nghttp3_vec& out, std::uint32_t& flags) {
    Exchange* exchange = find(id);
    if (exchange == nullptr) return NGHTTP3_ERR_CALLBACK_FAILURE;
    std::string block = std::exchange(exchange->text, {});
    let_go(*exchange, block.size());
    if (block.empty() && exchange->rest && !exchange->rest->produce(block, limits.block_bytes)) {
      exchange->rest.reset();
      events.push_back(Reset{StreamId{id}, NGHTTP3_H3_INTERNAL_ERROR});
      return NGHTTP3_ERR_WOULDBLOCK;  // the only answer that does not end the connection
    }
    if (!exchange->rest || exchange->rest->done()) {
      exchange->rest.reset();
      flags |= NGHTTP3_DATA_FLAG_EOF;
    }
    if (block.empty()) return 0;
    keep(*exchange, block.size());
    exchange->blocks.push_back(std::move(block));
    std::string& whole = exchange->blocks.back();
    out = {reinterpret_cast<std::uint8_t*>(whole.data()), whole.size()};
    return 1;
  }

  void release_sent(std::int64_t id, std::uint64_t size) {
    Exchange* exchange = find(id);
    if (exchange == nullptr) return;
    exchange->taken += static_cast<std::size_t>(size);
    while (!exchange->blocks.empty() && exchange->taken >= exchange->blocks.front().size()) {
      exchange->taken -= exchange->blocks.front().size();
      let_go(*exchange, exchange->blocks.front().size());
      exchange->blocks.pop_front();
    }
  }
};

namespace {

template <class Impl>
Impl& self(void* user) {
  return *static_cast<Impl*>(user);
}

}  // namespace

nghttp3_callbacks Session::Impl::make_callbacks() {
  nghttp3_callbacks table{};
  table.begin_headers = [](nghttp3_conn*, std::int64_t, void*, void*) { return 0; };
  table.recv_header = [](nghttp3_conn*, std::int64_t id, std::int32_t, nghttp3_rcbuf* name, nghttp3_rcbuf* value,
                         std::uint8_t, void* user, void*) noexcept {
    self<Impl>(user).take_field(id, text_of(name), text_of(value));
    return 0;
  };
  table.recv_trailer = [](nghttp3_conn*, std::int64_t id, std::int32_t, nghttp3_rcbuf* name, nghttp3_rcbuf* value,
                          std::uint8_t, void* user, void*) noexcept {
    self<Impl>(user).take_body(id, text_of(name).size() + text_of(value).size());  // nobody reads them
    return 0;
  };
  table.recv_data = [](nghttp3_conn*, std::int64_t id, const std::uint8_t*, std::size_t size, void* user,
                       void*) noexcept {
    self<Impl>(user).take_body(id, size);
    return 0;
  };
  table.end_stream = [](nghttp3_conn*, std::int64_t id, void* user, void*) noexcept {
    self<Impl>(user).take_end(id);
    return 0;
  };
  table.stop_sending = [](nghttp3_conn*, std::int64_t id, std::uint64_t code, void* user, void*) noexcept {
    self<Impl>(user).events.push_back(StopSending{StreamId{id}, code});
    return 0;
  };
  table.reset_stream = [](nghttp3_conn*, std::int64_t id, std::uint64_t code, void* user, void*) noexcept {
    self<Impl>(user).events.push_back(Reset{StreamId{id}, code});
    return 0;
  };
  table.acked_stream_data = [](nghttp3_conn*, std::int64_t id, std::uint64_t size, void* user, void*) noexcept {
    self<Impl>(user).release_sent(id, size);
    return 0;
  };
  return table;
}

Session::Session(const Limits& limits) : impl_(std::make_unique<Impl>(limits)) {}
Session::~Session() = default;

void Session::bind(StreamId control, StreamId encoder, StreamId decoder) {
  assert(!impl_->bound);
  if (impl_->fault) return;
  impl_->check(nghttp3_conn_bind_control_stream(impl_->conn, static_cast<std::int64_t>(control)));
  impl_->check(nghttp3_conn_bind_qpack_streams(impl_->conn, static_cast<std::int64_t>(encoder),
                                               static_cast<std::int64_t>(decoder)));
  impl_->bound = true;
}

bool Session::bound() const { return impl_->bound; }

void Session::handle_bytes(StreamId stream, Bytes bytes, bool end) {
  const auto id = static_cast<std::int64_t>(stream);
  if (impl_->fault) return;
  if (is_request(id)) {
    Exchange& exchange = impl_->exchanges[id];
    if (exchange.ended) return;
    exchange.ended = end;
    impl_->allow_streams_beyond(id);
  }
  if (is_clients_own(id)) {
    bytes = impl_->filters[id].filter(bytes);
    if (bytes.empty() && !end) return;
  }
  // No stream waits for another, and bodies are thrown away: all that is read here is dealt with.
  impl_->check_message(
      id, nghttp3_conn_read_stream(impl_->conn, id, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                                   end ? 1 : 0));
}

void Session::handle_unread(StreamId stream) {
  if (impl_->fault) return;
  const auto id = static_cast<std::int64_t>(stream);
  if (Exchange* exchange = impl_->find(id)) exchange->ended = true;
  impl_->check(nghttp3_conn_shutdown_stream_read(impl_->conn, id));
}

void Session::handle_unwanted(StreamId stream) {
  if (impl_->fault) return;
  const auto id = static_cast<std::int64_t>(stream);
  if (Exchange* exchange = impl_->find(id)) exchange->rest.reset();
  nghttp3_conn_shutdown_stream_write(impl_->conn, id);
}

void Session::handle_closed(StreamId stream) {
  if (impl_->fault) return;
  const auto id = static_cast<std::int64_t>(stream);
  impl_->check(nghttp3_conn_close_stream(impl_->conn, id, NGHTTP3_H3_NO_ERROR));
  impl_->forget(id);
  impl_->filters.erase(id);
}

void Session::handle_writable(StreamId stream) {
  if (impl_->fault) return;
  impl_->check(nghttp3_conn_unblock_stream(impl_->conn, static_cast<std::int64_t>(stream)));
}

std::optional<Event> Session::next_event() {
  if (impl_->events.empty() || impl_->fault) return std::nullopt;
  Event event = std::move(impl_->events.front());
  impl_->events.pop_front();
  if (const auto* asked = std::get_if<Asked>(&event)) {
    Exchange* exchange = impl_->find(static_cast<std::int64_t>(asked->stream));
    if (exchange != nullptr) impl_->let_go_of_request(*exchange);
  }
  return event;
}

bool Session::has_event() const { return !impl_->events.empty() && !impl_->fault; }

void Session::respond(StreamId stream, Response response) {
  assert(impl_->bound);
  const auto id = static_cast<std::int64_t>(stream);
  Exchange* exchange = impl_->find(id);
  if (impl_->fault || exchange == nullptr || exchange->answered) return;
  exchange->answered = true;
  const std::string status = std::to_string(response.status);
  std::vector<nghttp3_nv> fields;
  fields.reserve(response.fields.size() + 1);
  fields.push_back(make_field(":status", status));
  for (const auto& [name, value] : response.fields) fields.push_back(make_field(name, value));
  const bool has_body = !response.text.empty() || response.body;
  exchange->text = std::move(response.text);
  impl_->keep(*exchange, exchange->text.size());
  exchange->rest = std::move(response.body);
  nghttp3_data_reader reader{};
  reader.read_data = [](nghttp3_conn*, std::int64_t of, nghttp3_vec* out, std::size_t, std::uint32_t* flags, void* user,
                        void*) noexcept { return self<Impl>(user).produce(of, *out, *flags); };
  impl_->check(
      nghttp3_conn_submit_response(impl_->conn, id, fields.data(), fields.size(), has_body ? &reader : nullptr));
}

void Session::announce_end() {
  if (!impl_->fault) impl_->check(nghttp3_conn_submit_shutdown_notice(impl_->conn));
}

void Session::refuse_requests() {
  if (!impl_->fault) impl_->check(nghttp3_conn_shutdown(impl_->conn));
}

std::optional<Output> Session::next_output() {
  if (impl_->fault || !impl_->bound) return std::nullopt;
  Output output;
  std::array<nghttp3_vec, 8> vectors;
  std::int64_t id = -1;
  int last = 0;
  const nghttp3_ssize count = nghttp3_conn_writev_stream(impl_->conn, &id, &last, vectors.data(), vectors.size());
  impl_->check(count);
  if (count < 0 || id < 0) return std::nullopt;
  output.stream = StreamId{id};
  output.last = last != 0;
  output.count = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < output.count; ++i) {
    output.blocks[i] = std::as_bytes(std::span(vectors[i].base, vectors[i].len));
    output.size += vectors[i].len;
  }
  return output;
}

void Session::handle_taken(const Output& output, std::size_t n) {
  const auto id = static_cast<std::int64_t>(output.stream);
  if (impl_->fault) return;
  impl_->check(nghttp3_conn_add_write_offset(impl_->conn, id, n));
  if (n > 0) impl_->check(nghttp3_conn_add_ack_offset(impl_->conn, id, n));  // whoever took them keeps them
  if (impl_->fault) return;
  if (n == output.size) {
    const Exchange* exchange = impl_->find(id);
    if (output.last && exchange != nullptr && exchange->ended) handle_closed(output.stream);
    return;
  }
  nghttp3_conn_block_stream(impl_->conn, id);
  Exchange* exchange = impl_->find(id);
  if (exchange != nullptr && exchange->rest) exchange->rest->pause();
}

bool Session::knows(StreamId stream) const { return impl_->exchanges.contains(static_cast<std::int64_t>(stream)); }

std::vector<StreamId> Session::open_requests() const {
  std::vector<StreamId> open;
  for (const auto& [id, exchange] : impl_->exchanges) open.push_back(StreamId{id});
  return open;
}

const std::optional<Fault>& Session::fault() const { return impl_->fault; }
std::size_t Session::held() const { return impl_->held + impl_->kept; }

}  // namespace torq::h3
