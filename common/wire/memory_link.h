// Two link ends in one process: the transport of the simulator and of most tests. Frames move by
// pointer; they are numbered, limited and counted exactly as on a socket.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "common/wire/link.h"

namespace cleave {

struct LinkPair {
  std::unique_ptr<Link> a, b;
};

// `a_sees` and `b_sees` are the peer names at each end.
LinkPair make_memory_links(const asio::any_io_executor& executor, const std::string& a_sees,
                           const std::string& b_sees);

}  // namespace cleave
