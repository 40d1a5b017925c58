// File descriptors as a server sees them: as many as it may have, and one kept back, so that a
// connection can be turned away when there are none left.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>

namespace cleave {

namespace asio = boost::asio;

// Raises the soft limit to the hard one (at most 65,536) where it is lower; returns what holds
// then.
std::size_t raise_descriptor_limit();

class SpareDescriptor {
 public:
  SpareDescriptor() { keep(); }
  ~SpareDescriptor() { give(); }
  SpareDescriptor(const SpareDescriptor&) = delete;
  SpareDescriptor& operator=(const SpareDescriptor&) = delete;

  // Takes the connection that waits longest and closes it. False when that could not be done.
  bool turn_away(asio::ip::tcp::acceptor& acceptor);

 private:
  void keep();
  void give();
  int descriptor_ = -1;
};

}  // namespace cleave
