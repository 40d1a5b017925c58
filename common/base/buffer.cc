#include "common/base/buffer.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace cleave {
namespace {

// A step has four frames and many more activations (heap.h): paging frames in costs little.
constexpr std::size_t kLarge = 256 << 10;

}  // namespace

void Buffer::Free::operator()(std::byte* pointer) const {
  if (mapped > 0) {
    munmap(pointer, mapped);
  } else {
    std::free(pointer);
  }
}

Buffer::Buffer(std::size_t size) : size_(size) {
  const std::size_t rounded = (size + kHeadroom + 63) / 64 * 64;
  if (rounded < kLarge) {
    storage_ = {static_cast<std::byte*>(std::aligned_alloc(64, rounded)), Free{}};
    if (!storage_) throw std::bad_alloc();
    return;
  }
  void* const pages =
      mmap(nullptr, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  storage_ = {static_cast<std::byte*>(pages), Free{rounded}};
}

std::span<std::byte> Buffer::with_headroom() {
  if (!storage_) *this = Buffer(0);
  return {storage_.get(), kHeadroom + size_};
}

}  // namespace cleave
