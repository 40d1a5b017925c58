// Raw bytes of one message with room for a frame header in front, so that header and payload leave
// in one write without a copy. Uninitialised on construction; move-only. A large one lives outside
// the heap: one that waits for a slow peer would otherwise leave the heap in pieces around it, and
// cost several times its size.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace cleave {

class Buffer {
 public:
  static constexpr std::size_t kHeadroom = 64;

  Buffer() = default;
  explicit Buffer(std::size_t size);

  std::size_t size() const { return size_; }
  std::byte* data() { return storage_ ? storage_.get() + kHeadroom : nullptr; }  // 64-byte aligned
  const std::byte* data() const { return const_cast<Buffer*>(this)->data(); }
  std::span<std::byte> bytes() { return {data(), size_}; }
  std::span<const std::byte> bytes() const { return {data(), size_}; }

  // Header room and payload as one range; allocates the room if the payload is empty.
  std::span<std::byte> with_headroom();

 private:
  struct Free {
    Free() : mapped(0) {}
    explicit Free(std::size_t bytes) : mapped(bytes) {}
    std::size_t mapped;  // bytes; 0: of the heap
    void operator()(std::byte* pointer) const;
  };
  std::unique_ptr<std::byte[], Free> storage_;
  std::size_t size_ = 0;
};

}  // namespace cleave
