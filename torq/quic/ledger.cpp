// SPDX-License-Identifier: MIT
#include "torq/quic/ledger.hpp"

#include <ngtcp2/ngtcp2.h>

#include <algorithm>
#include <cstring>

#include "torq/quic/block_pool.hpp"

namespace torq::quic {

// How ngtcp2 allocates.
struct Ledger::Allocation {
  static Ledger& of(void* ledger) { return *static_cast<Ledger*>(ledger); }

  static void* take(std::size_t size, void* ledger) {
    void* block = of(ledger).pool_.take(size);
    of(ledger).add(BlockPool::size_of(block));
    return block;
  }

  static void give(void* block, void* ledger) {
    of(ledger).remove(BlockPool::size_of(block));
    of(ledger).pool_.give(block);
  }

  // ngtcp2 asks for one object, or for a power of two of them: the product cannot overflow.
  static void* take_zeroed(std::size_t n, std::size_t size, void* ledger) {
    void* block = take(n * size, ledger);
    return block == nullptr ? nullptr : std::memset(block, 0, n * size);
  }

  static void* resize(void* block, std::size_t size, void* ledger) {
    void* moved = take(size, ledger);
    if (moved == nullptr || block == nullptr) return moved;
    std::memcpy(moved, block, std::min(size, BlockPool::size_of(block)));
    give(block, ledger);
    return moved;
  }
};

Ledger::Ledger(std::size_t& total, BlockPool& pool)
    : total_(&total),
      pool_(pool),
      memory_(new ngtcp2_mem{this, Allocation::take, Allocation::give, Allocation::take_zeroed, Allocation::resize}) {}

Ledger::~Ledger() { leave(); }

void Ledger::add(std::size_t n) {
  bytes_ += n;
  if (total_ != nullptr) *total_ += n;
}

void Ledger::remove(std::size_t n) {
  bytes_ -= n;
  if (total_ != nullptr) *total_ -= n;
}

void Ledger::leave() {
  if (total_ != nullptr) *total_ -= bytes_;
  total_ = nullptr;
}

}  // namespace torq::quic
