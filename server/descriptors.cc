#include "server/descriptors.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace cleave {

std::size_t raise_descriptor_limit() {
  constexpr rlim_t kEnough = 65'536;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlimit raised{std::max(limit.rlim_cur, std::min(limit.rlim_max, kEnough)), limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, 1 << 30));
}

void SpareDescriptor::keep() { descriptor_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

void SpareDescriptor::give() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

bool SpareDescriptor::turn_away(asio::ip::tcp::acceptor& acceptor) {
  give();
  pollfd waiting{acceptor.native_handle(), POLLIN, 0};
  const bool someone = ::poll(&waiting, 1, 0) > 0;
  const int stranger = someone ? ::accept(acceptor.native_handle(), nullptr, nullptr) : -1;
  if (stranger >= 0) ::close(stranger);
  keep();
  return stranger >= 0;
}

}  // namespace cleave
