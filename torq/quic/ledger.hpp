// SPDX-License-Identifier: MIT
#pragma once
// How many bytes a connection holds, and all connections of an endpoint: what ngtcp2 allocates (packets under way, data
// that came out of order, what it remembers to acknowledge), and the buffers of the streams. GnuTLS's session is not in
// it. On the endpoint's thread.

#include <cstddef>
#include <memory>

struct ngtcp2_mem;

namespace torq::quic {

class Ledger {
 public:
  /// `total` is the sum over all ledgers and must outlive this.
  explicit Ledger(std::size_t& total);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  std::size_t bytes() const { return bytes_; }
  void add(std::size_t n);
  void remove(std::size_t n);
  /// What it holds is about to be freed, and counts no more.
  void leave();

  /// Allocates for ngtcp2 and keeps account.
  const ngtcp2_mem* memory() const { return memory_.get(); }

 private:
  std::size_t bytes_ = 0;
  std::size_t* total_;  // null once it has left
  std::unique_ptr<ngtcp2_mem> memory_;
};

}  // namespace torq::quic
