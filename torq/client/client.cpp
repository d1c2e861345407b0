// SPDX-License-Identifier: MIT
#include "torq/client/client.hpp"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cassert>
#include <future>
#include <thread>
#include <utility>

#include "torq/client/file_exchange.hpp"
#include "torq/client/http3_exchange.hpp"
#include "torq/client/json_exchange.hpp"
#include "torq/client/pool.hpp"
#include "torq/client/range_exchange.hpp"
#include "torq/wire/request_encoder.hpp"

namespace torq::client {

namespace asio = boost::asio;

struct Client::Impl {
  const Options options;
  asio::io_context loop{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{loop.get_executor()};
  wire::AnswerParser parser;
  Pool pool;
  std::atomic<std::uint64_t> next_call = 1;
  std::atomic<bool> closing = false;
  std::thread thread;

  explicit Impl(const Options& chosen)
      : options(chosen),
        parser(answer_limits(chosen)),
        pool(loop, chosen, parser, make_system_resolver(loop)),
        thread([this] { loop.run(); }) {}

  ~Impl() {
    asio::post(loop, [this] {
      closing = true;
      pool.shut_down();
      loop.stop();
    });
    thread.join();
  }

  static wire::AnswerLimits answer_limits(const Options& options) {
    wire::AnswerLimits limits;
    limits.max_bytes = options.max_answer_bytes;
    return limits;
  }

  bool on_own_thread() const { return std::this_thread::get_id() == thread.get_id(); }

  Call submit(const Server& server, std::unique_ptr<Exchange> exchange) {
    exchange->call = Call{next_call++};
    const Call call = exchange->call;
    if (closing) {  // called from a completion that the destructor has caused: nothing will run any more
      exchange->finish(cancelled());
      return call;
    }
    asio::post(loop, [this, server, owned = std::move(exchange)]() mutable { pool.submit(server, std::move(owned)); });
    return call;
  }

  template <class T>
  Call ask(const Server& server, const wire::Request& request, std::optional<wire::Capability> needs,
           typename JsonExchange<T>::Parse parse, Done<T> done, bool repeatable = true) {
    const Exchange::Traits traits{
        .needs_capabilities = needs.has_value(), .repeatable = repeatable, .patience = options.answer_timeout};
    return submit(server, std::make_unique<JsonExchange<T>>(
                              traits,
                              typename JsonExchange<T>::Question{wire::encode_request(request), needs, parse,
                                                                 options.max_answer_bytes},
                              parser, std::move(done)));
  }

  template <class T, class Start>
  Result<T, Error> wait_for(const Start& start) {
    assert(!on_own_thread() && "a completion must not wait for another request");
    const auto answer = std::make_shared<std::promise<Result<T, Error>>>();
    start([answer](Result<T, Error> result) { answer->set_value(std::move(result)); });
    return answer->get_future().get();
  }
};

Client::Client(const Options& options) : impl_(std::make_unique<Impl>(options)) {}

Client::~Client() { assert(!impl_->on_own_thread() && "a completion must not destroy its Client"); }

Call Client::announce(const Server& server, const wire::AnnounceRequest& request, Done<tracker::AnnounceReply> done) {
  const bool repeatable = request.announce.event != tracker::AnnounceEvent::kCompleted;
  return impl_->ask<tracker::AnnounceReply>(server, request, std::nullopt, &wire::AnswerParser::parse_announce,
                                            std::move(done), repeatable);
}

Call Client::scrape(const Server& server, std::span<const InfoHash> swarms, Done<wire::ScrapeReply> done) {
  std::vector<std::string> texts;
  for (const InfoHash& swarm : swarms) texts.push_back(to_string(swarm));
  wire::ScrapeRequest request;
  for (std::size_t i = 0; i < texts.size(); ++i) request.hashes.push_back({swarms[i], texts[i]});
  return impl_->ask<wire::ScrapeReply>(server, request, wire::Capability::kScrape, &wire::AnswerParser::parse_scrape,
                                       std::move(done));
}

Call Client::list(const Server& server, std::string_view folder, std::string_view after, Done<wire::ListReply> done) {
  return impl_->ask<wire::ListReply>(server, wire::ListRequest{folder, after}, wire::Capability::kList,
                                     &wire::AnswerParser::parse_list, std::move(done));
}

Call Client::capabilities(const Server& server, Done<wire::CapabilityReply> done) {
  const wire::CapabilityRequest request{wire::CapabilitySet::all()};
  return impl_->ask<wire::CapabilityReply>(server, request, std::nullopt, &wire::AnswerParser::parse_capabilities,
                                           std::move(done));
}

Call Client::fetch(const Server& server, std::string_view name, std::shared_ptr<FileSink> sink, Done<Fetched> done) {
  return fetch(server, name, FilePrefix(), std::move(sink), std::move(done));
}

Call Client::fetch(const Server& server, std::string_view name, FilePrefix held, std::shared_ptr<FileSink> sink,
                   Done<Fetched> done) {
  const Exchange::Traits traits{
      .needs_capabilities = true, .renews_patience = true, .patience = impl_->options.progress_timeout};
  return impl_->submit(
      server, std::make_unique<FileExchange>(
                  traits, FileExchange::Wanted{std::string(name), std::move(held), impl_->options.max_list_file_bytes},
                  std::move(sink), impl_->parser, std::move(done)));
}

Call Client::read(const Server& server, std::string_view name, const wire::ByteRange& range, Done<FilePiece> done) {
  const Exchange::Traits traits{.needs_capabilities = true, .patience = impl_->options.answer_timeout};
  return impl_->submit(server,
                       std::make_unique<RangeExchange>(
                           traits, RangeExchange::Wanted{std::string(name), range, impl_->options.max_answer_bytes},
                           impl_->parser, std::move(done)));
}

Call Client::get(const Server& server, const std::string& authority, const std::string& target, bool repeatable,
                 Done<wire::HttpAnswer> done) {
  const Exchange::Traits traits{.repeatable = repeatable, .is_http3 = true, .patience = impl_->options.answer_timeout};
  return impl_->submit(server,
                       std::make_unique<Http3Exchange>(traits, h3::encode_get(authority, target), std::move(done)));
}

Call Client::identify(const std::string& host, std::uint16_t port, Done<std::string> done) {
  // No key has this digest: each certificate is refused, and its pin told.
  const Trust nobody = Trust::pin("sha256:" + std::string(64, '0')).value();
  return capabilities({host, port, nobody},
                      [done = std::move(done)](const Result<wire::CapabilityReply, Error>& reply) {
                        assert(!reply);
                        const Error& error = reply.error();
                        if (error.kind != ErrorKind::kTrust || error.pin.empty()) return done(Failure(error));
                        done(error.pin);
                      });
}

void Client::cancel(Call call) {
  if (impl_->closing) return;
  asio::post(impl_->loop, [impl = impl_.get(), call] { impl->pool.cancel(call); });
}

ConnectionFigures Client::connections() const { return {impl_->pool.connected(), impl_->pool.resumed()}; }

Result<tracker::AnnounceReply, Error> Client::announce(const Server& server, const wire::AnnounceRequest& request) {
  return impl_->wait_for<tracker::AnnounceReply>([&](auto done) { announce(server, request, std::move(done)); });
}

Result<wire::ScrapeReply, Error> Client::scrape(const Server& server, std::span<const InfoHash> swarms) {
  return impl_->wait_for<wire::ScrapeReply>([&](auto done) { scrape(server, swarms, std::move(done)); });
}

Result<wire::ListReply, Error> Client::list(const Server& server, std::string_view folder) {
  return impl_->wait_for<wire::ListReply>([&](auto done) { list(server, folder, std::move(done)); });
}

Result<wire::CapabilityReply, Error> Client::capabilities(const Server& server) {
  return impl_->wait_for<wire::CapabilityReply>([&](auto done) { capabilities(server, std::move(done)); });
}

Result<Fetched, Error> Client::fetch(const Server& server, std::string_view name, std::shared_ptr<FileSink> sink) {
  return impl_->wait_for<Fetched>([&](auto done) { fetch(server, name, std::move(sink), std::move(done)); });
}

Result<std::string, Error> Client::identify(const std::string& host, std::uint16_t port) {
  return impl_->wait_for<std::string>([&](auto done) { identify(host, port, std::move(done)); });
}

}  // namespace torq::client
