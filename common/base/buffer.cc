#include "common/base/buffer.h"

#include <new>

namespace cleave {

Buffer::Buffer(std::size_t size) : size_(size) {
  const std::size_t rounded = (size + kHeadroom + 63) / 64 * 64;
  storage_.reset(static_cast<std::byte*>(std::aligned_alloc(64, rounded)));
  if (!storage_) throw std::bad_alloc();
}

std::span<std::byte> Buffer::with_headroom() {
  if (!storage_) *this = Buffer(0);
  return {storage_.get(), kHeadroom + size_};
}

}  // namespace cleave
