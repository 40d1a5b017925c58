// A TCP socket on loopback of a peer that is no Cleave.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace cleave::testing {

inline sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

class RawClient {
 public:
  explicit RawClient(const std::string& address) : file_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const sockaddr_in there = loopback(std::stoi(address.substr(address.rfind(':') + 1)));
    if (::connect(file_, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0) {
      throw std::runtime_error("cannot connect to " + address);
    }
  }
  ~RawClient() { ::close(file_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  void send(const std::string& text) const {
    ::send(file_, text.data(), text.size(), MSG_NOSIGNAL);
  }

 private:
  int file_;
};

class RawListener {
 public:
  RawListener() : file_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const sockaddr_in own = loopback(0);
    if (::bind(file_, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0 ||
        ::listen(file_, 4) != 0) {
      throw std::runtime_error("cannot listen");
    }
  }
  ~RawListener() { ::close(file_); }
  RawListener(const RawListener&) = delete;
  RawListener& operator=(const RawListener&) = delete;

  std::string address() const {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    ::getsockname(file_, reinterpret_cast<sockaddr*>(&own), &size);
    return "127.0.0.1:" + std::to_string(ntohs(own.sin_port));
  }
  void answer(const std::string& text) const {
    const int peer = ::accept(file_, nullptr, nullptr);
    ::send(peer, text.data(), text.size(), MSG_NOSIGNAL);
    ::close(peer);
  }

 private:
  int file_;
};

}  // namespace cleave::testing
