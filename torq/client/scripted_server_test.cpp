// SPDX-License-Identifier: MIT
#include "torq/client/scripted_server_test.hpp"

#include <boost/asio/post.hpp>
#include <future>
#include <utility>

namespace torq::client {

Setting fresh_setting() {
  Setting setting;
  quic::CertificateTerms terms;
  terms.names = {"localhost"};
  terms.ips = {parse_ip("127.0.0.1").value(), parse_ip("::1").value()};
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  terms.not_before = now - std::chrono::hours(1);
  terms.not_after = now + std::chrono::hours(1);
  setting.certificate = quic::make_self_signed(quic::KeyKind::kEcdsaP256, terms).value();
  setting.pin = quic::spki_pin(setting.certificate.cert_pem).value();
  net::SystemEntropy entropy;
  setting.secrets = quic::make_secrets(entropy);
  return setting;
}

ScriptedServer::ScriptedServer(Script script, Setting setting)
    : setting_(std::move(setting)), script_(std::move(script)) {
  auto socket = net::UdpSocket::bind(setting_.address, net::UdpSocket::Port::kOwn).value();
  setting_.address = socket.address();
  quic::EndpointOptions options;
  options.limits = setting_.limits;
  options.secrets = setting_.secrets;
  options.server = quic::ServerTls::create(setting_.certificate.cert_pem, setting_.certificate.key_pem).value();
  std::vector<net::UdpSocket> sockets;
  sockets.push_back(std::move(socket));
  driver_ = std::make_unique<net::QuicDriver>(loop_, std::move(options), entropy_, std::move(sockets), *this);
  driver_->start();
  thread_ = std::thread([this] { loop_.run(); });
}

ScriptedServer::~ScriptedServer() {
  loop_.stop();
  thread_.join();
}

void ScriptedServer::on_own_thread(const std::function<void()>& work) {
  std::promise<void> done;
  boost::asio::post(loop_, [&] {
    work();
    driver_->flush();
    done.set_value();
  });
  done.get_future().wait();
}

void ScriptedServer::close_connections() {
  on_own_thread([this] {
    for (const auto handle : driver_->endpoint().connections()) driver_->endpoint().close(Instant(), handle);
  });
}

void ScriptedServer::refuse_newcomers() {
  on_own_thread([this] { driver_->endpoint().refuse_newcomers(); });
}

std::vector<std::string> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedServer::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return requests_.size() >= count; });
}

std::size_t ScriptedServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

void ScriptedServer::wait_for_end_of(std::size_t count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ended_ >= count; });
}

void ScriptedServer::handle_event(Instant now, quic::Endpoint& endpoint, const quic::Event& event) {
  if (std::holds_alternative<quic::Connected>(event.what)) {
    const std::lock_guard lock(mutex_);
    ++connections_;
  } else if (std::holds_alternative<quic::Closed>(event.what)) {
    const std::lock_guard lock(mutex_);
    ++ended_;
    changed_.notify_all();
  } else if (const auto* readable = std::get_if<quic::StreamReadable>(&event.what)) {
    read(now, endpoint, {event.connection, readable->stream});
  } else if (const auto* writable = std::get_if<quic::StreamWritable>(&event.what)) {
    write(now, endpoint, {event.connection, writable->stream});
  }
}

void ScriptedServer::read(Instant now, quic::Endpoint& endpoint, const Key& key) {
  quic::Connection* connection = endpoint.find(key.first);
  Stream& stream = streams_[key];
  const auto incoming = connection->peek(key.second);
  stream.request.append(as_text(incoming.bytes));
  connection->consume(key.second, incoming.bytes.size());
  if (!incoming.last || std::exchange(stream.answered, true)) return;
  std::size_t ordinal = 0;
  {
    const std::lock_guard lock(mutex_);
    ordinal = requests_.size();
    requests_.push_back(stream.request);
    changed_.notify_all();
  }
  stream.reply = script_(stream.request, ordinal);
  write(now, endpoint, key);
}

void ScriptedServer::write(Instant now, quic::Endpoint& endpoint, const Key& key) {
  quic::Connection* connection = endpoint.find(key.first);
  Stream& stream = streams_[key];
  stream.written += connection->write(key.second, as_bytes(stream.reply.bytes).subspan(stream.written));
  if (stream.written < stream.reply.bytes.size()) return;
  switch (stream.reply.end) {
    case Reply::End::kFinish:
      return connection->finish(key.second);
    case Reply::End::kReset:
      return connection->reset(key.second, 1);
    case Reply::End::kNever:
      return;
    case Reply::End::kCloseConnection:
      return endpoint.close(now, key.first, stream.reply.close_code);
  }
}

}  // namespace torq::client
