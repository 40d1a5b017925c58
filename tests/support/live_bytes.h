// Counts the bytes of all CPU tensors of the process that are alive, and the most there were since
// the last reset. Install it before the first tensor; what a library keeps for itself is not seen.
#pragma once

#include <c10/core/CPUAllocator.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>

namespace cleave::testing {

class LiveBytes : public c10::Allocator {
 public:
  static LiveBytes& install() {
    static LiveBytes counter;
    c10::SetCPUAllocator(&counter, 1);
    return counter;
  }

  c10::DataPtr allocate(std::size_t bytes) const override {
    void* data = nullptr;
    if (bytes > 0 && posix_memalign(&data, 64, bytes) != 0) throw std::bad_alloc();
    const std::int64_t now = live_ += static_cast<std::int64_t>(malloc_usable_size(data));
    if (now > most_) most_ = now;
    return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  std::int64_t live() const { return live_; }
  std::int64_t most() const { return most_; }
  void reset_most() { most_ = live_.load(); }

 private:
  static void release(void* data) {
    live_ -= static_cast<std::int64_t>(malloc_usable_size(data));
    std::free(data);
  }

  static inline std::atomic<std::int64_t> live_{0}, most_{0};
};

}  // namespace cleave::testing
