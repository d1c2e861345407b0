// SPDX-License-Identifier: MIT
// Fetches a file, then tells the tracker that it is here: fetch_and_announce 'quic://HOST/FILE?pin=sha256:…' INFO_HASH
#include <fstream>
#include <iostream>
#include <torq/client/client.hpp>

struct OutputFile final : torq::client::FileSink {
  std::ofstream out;
  explicit OutputFile(const std::string& name) : out(name, std::ios::binary) {}
  torq::Result<void, std::string> begin(std::optional<std::uint64_t>) override { return good(bool(out.seekp(0))); }
  torq::Result<void, std::string> take(torq::Bytes bytes) override { return good(bool(out << torq::as_text(bytes))); }
  static torq::Result<void, std::string> good(bool is) {
    if (!is) return torq::Failure("cannot write the file");
    return {};
  }
};

int fail(const std::string& why) { return (std::cerr << why << '\n', 1); }

int main(int argc, char** argv) {
  if (argc != 3) return fail("usage: fetch_and_announce URL INFO_HASH");
  const auto url = torq::client::parse_url(argv[1]);
  const auto info_hash = torq::parse_info_hash(argv[2]);
  if (!url || !info_hash) return fail(url ? "this is no info hash" : url.error());
  const auto trust = torq::client::Trust::pin(url->pin);
  if (!trust) return fail(trust.error());

  const auto server = torq::client::server_of(*url, *trust);
  torq::client::Client client;
  const auto fetched = client.fetch(server, url->path, std::make_shared<OutputFile>("fetched"));
  if (!fetched) return fail(fetched.error().text());
  torq::tracker::Announce seeder{.info_hash = *info_hash, .port = 6881, .left = 0, .ip = {}, .numwant = {}};
  const auto peers = client.announce(server, {seeder, "-EX0001-example"});
  if (!peers) return fail(peers.error().text());
  std::cout << fetched->bytes << " bytes, " << peers->complete << " seeders\n";
}
