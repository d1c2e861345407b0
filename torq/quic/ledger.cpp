// SPDX-License-Identifier: MIT
#include "torq/quic/ledger.hpp"

#include <malloc.h>
#include <ngtcp2/ngtcp2.h>

#include <cstdlib>

namespace torq::quic {
namespace {

// The allocator knows the size of each block, so that none has to be kept beside it.
std::size_t size_of(void* block) { return block == nullptr ? 0 : ::malloc_usable_size(block); }

void* counted(void* block, void* ledger) {
  static_cast<Ledger*>(ledger)->add(size_of(block));
  return block;
}

void release(void* block, void* ledger) {
  static_cast<Ledger*>(ledger)->remove(size_of(block));
  std::free(block);
}

void* resize(void* block, std::size_t size, void* ledger) {
  const std::size_t before = size_of(block);
  void* moved = std::realloc(block, size);
  if (moved == nullptr) return nullptr;
  static_cast<Ledger*>(ledger)->remove(before);
  return counted(moved, ledger);
}

}  // namespace

Ledger::Ledger(std::size_t& total)
    : total_(&total),
      memory_(new ngtcp2_mem{
          this, [](std::size_t size, void* ledger) { return counted(std::malloc(size), ledger); }, release,
          [](std::size_t n, std::size_t size, void* ledger) { return counted(std::calloc(n, size), ledger); },
          resize}) {}

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
