// Two ends of a TLS connection on loopback, besides running coroutines to their end.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "common/wire/memory_link.h"
#include "common/wire/pki.h"
#include "common/wire/tls_link.h"
#include "tests/support/run.h"

namespace cleave::testing {

// A certificate authority in a temporary folder, with a server's and a client's credentials.
class TestPki {
 public:
  TestPki() : folder_(std::filesystem::temp_directory_path() / unique_name()) {
    pki_init(folder_);
    pki_issue(folder_, "server", {"localhost", "127.0.0.1"});
    pki_issue(folder_, "client", {});
  }
  ~TestPki() { std::filesystem::remove_all(folder_); }
  const std::filesystem::path& folder() const { return folder_; }
  Credentials credentials(const std::string& name) const {
    return {folder_ / (name + ".pem"), folder_ / (name + ".key"), folder_ / "ca.pem"};
  }

 private:
  static std::string unique_name() {
    static int count = 0;
    return "cleave-pki-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
  }
  std::filesystem::path folder_;
};

// Two connected TLS ends; a is the server's.
class TlsPair {
 public:
  explicit TlsPair(asio::io_context& io, Deadlines deadlines = {})
      : deadlines_(deadlines),
        server_(make_tls_context(pki_.credentials("server"), TlsSide::kServer)),
        client_(make_tls_context(pki_.credentials("client"), TlsSide::kClient)) {
    links = run(io, connect(io));
  }
  LinkPair links;

 private:
  asio::awaitable<LinkPair> connect(asio::io_context& io) {
    using asio::ip::tcp;
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    LinkPair pair;
    std::exception_ptr failure;
    const std::uint16_t port = acceptor.local_endpoint().port();
    asio::co_spawn(io, dial(port, pair.b, failure), asio::detached);
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    pair.a = co_await tls_accept(server_, std::move(socket), deadlines_);
    asio::steady_timer turn(io);
    while (!pair.b && !failure) {
      turn.expires_after(std::chrono::milliseconds(1));
      co_await turn.async_wait(asio::use_awaitable);
    }
    if (failure) std::rethrow_exception(failure);
    co_return pair;
  }
  asio::awaitable<void> dial(std::uint16_t port, std::unique_ptr<Link>& link,
                             std::exception_ptr& failure) {
    try {
      const Address address{"127.0.0.1", port};
      link = co_await tls_connect(client_, address, deadlines_);
    } catch (...) {
      failure = std::current_exception();
    }
  }

  Deadlines deadlines_;
  TestPki pki_;
  asio::ssl::context server_, client_;
};

}  // namespace cleave::testing
