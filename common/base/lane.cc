#include "common/base/lane.h"

namespace cleave {

Lane::Lane(int workers, std::function<void()> on_start)
    : context_(workers), work_(context_.get_executor()) {
  for (int i = 0; i < workers; ++i) {
    threads_.emplace_back([this, on_start] {
      on_start();
      context_.run();
    });
  }
}

Lane::~Lane() {
  context_.stop();
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace cleave
