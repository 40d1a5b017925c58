// Everyone whom the door refuses, and that both sides are told which it was.
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/wire/control.h"
#include "tests/support/custom_certificate.h"
#include "tests/support/refusal.h"
#include "tests/wire/door.h"

namespace cleave::testing {
namespace {

// A client's context without a certificate of its own.
asio::ssl::context anonymous_context(const Credentials& credentials, bool speak_cleave = true) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.load_verify_file(credentials.ca.string());
  const unsigned char alpn[] = {8, 'c', 'l', 'e', 'a', 'v', 'e', '/', '1'};
  if (speak_cleave) SSL_CTX_set_alpn_protos(context.native_handle(), alpn, sizeof alpn);
  return context;
}

TEST_F(Door, OpensForAClientOfTheSameCa) {
  meet();
  EXPECT_EQ(client.text, "let in");
  EXPECT_EQ(server.text, "let in");
}

TEST_F(Door, OpensForEveryNameThatTheServersCertificateLists) {
  meet("localhost");
  EXPECT_EQ(client.text, "let in");
}

TEST_F(Door, WithAnExpiredServerCertificateIsRefusedWithBothTimes) {
  replace_certificate(pki.folder(), "server",
                      {"DNS:localhost,IP:127.0.0.1", "serverAuth", -7200, -3600});
  meet();
  EXPECT_EQ(client.exit, Exit::kPermission);
  EXPECT_TRUE(client.says("expired certificate: the peer's certificate is valid from "))
      << client.text;
  EXPECT_TRUE(client.says(" UTC to ")) << client.text;
  EXPECT_TRUE(client.says("this machine's clock says ")) << client.text;
  EXPECT_TRUE(server.says("the peer finds our certificate out of date")) << server.text;
}

TEST_F(Door, WithAServerCertificateThatIsNotYetValidIsRefusedWithBothTimes) {
  replace_certificate(pki.folder(), "server",
                      {"DNS:localhost,IP:127.0.0.1", "serverAuth", 3600, 7200});
  meet();
  EXPECT_EQ(client.exit, Exit::kPermission);
  EXPECT_TRUE(
      client.says("clock skew or an expired certificate: the peer's certificate is valid from "))
      << client.text;
  EXPECT_TRUE(client.says("this machine's clock says ")) << client.text;
  EXPECT_TRUE(server.says("the clocks may differ: this machine's clock says ")) << server.text;
}

TEST_F(Door, RefusesAnExpiredClientCertificateWithBothTimes) {
  replace_certificate(pki.folder(), "client", {"DNS:client", "clientAuth", -7200, -3600});
  meet();
  EXPECT_EQ(server.exit, Exit::kPermission);
  EXPECT_TRUE(server.says("the peer's certificate is valid from ")) << server.text;
  EXPECT_TRUE(server.says("this machine's clock says ")) << server.text;
  EXPECT_EQ(client.exit, Exit::kPermission);
  EXPECT_TRUE(client.says("the peer finds our certificate out of date")) << client.text;
}

TEST_F(Door, RefusesAClientCertificateThatIsNotYetValid) {
  replace_certificate(pki.folder(), "client", {"DNS:client", "clientAuth", 3600, 7200});
  meet();
  EXPECT_TRUE(server.says("clock skew")) << server.text;
  EXPECT_TRUE(client.says("the clocks may differ")) << client.text;
}

TEST_F(Door, DialledByAnotherNameIsRefusedWithTheDialledAndTheCertifiedNames) {
  replace_certificate(pki.folder(), "server",
                      {"DNS:server.example,DNS:backup.example", "serverAuth"});
  meet("localhost");
  EXPECT_EQ(client.exit, Exit::kPermission);
  EXPECT_TRUE(
      client.says("dialled localhost, but the server's certificate is for server.example, "
                  "backup.example"))
      << client.text;
}

TEST_F(Door, DialledByAnAddressThatIsNotCertifiedIsRefused) {
  replace_certificate(pki.folder(), "server", {"DNS:localhost", "serverAuth"});
  meet("127.0.0.1");
  EXPECT_TRUE(client.says("dialled 127.0.0.1, but the server's certificate is for localhost"))
      << client.text;
}

TEST_F(Door, OfAnotherCaIsRefusedAndBothSidesSaySo) {
  const TestPki other;
  meet(other.credentials("client"), "127.0.0.1");
  EXPECT_EQ(client.exit, Exit::kPermission);
  EXPECT_TRUE(client.says("wrong CA: the peer's certificate was not signed by")) << client.text;
  EXPECT_TRUE(server.says("wrong CA: the peer does not know the CA")) << server.text;
}

TEST_F(Door, RefusesAClientOfAnotherCaThatTrustsOurs) {
  const TestPki other;
  Credentials mixed = other.credentials("client");
  mixed.ca = credentials("client").ca;
  meet(mixed, "127.0.0.1");
  EXPECT_EQ(server.exit, Exit::kPermission);
  EXPECT_TRUE(server.says("wrong CA: the peer's certificate was not signed by")) << server.text;
  EXPECT_TRUE(client.says("wrong CA: the peer does not know the CA")) << client.text;
}

TEST_F(Door, RefusesASelfSignedClient) {
  CustomCertificate custom;
  custom.self_signed = true;
  replace_certificate(pki.folder(), "client", custom);
  meet();
  EXPECT_TRUE(server.says("wrong CA")) << server.text;
  EXPECT_NE(client.text, "let in");
}

TEST_F(Door, RefusesAClientThatCarriesTwoNames) {
  replace_certificate(pki.folder(), "client", {"DNS:client,DNS:other", "clientAuth"});
  meet();
  EXPECT_EQ(server.exit, Exit::kPermission);
  EXPECT_EQ(server.text, "a client's certificate must carry one name, this one has client, other");
}

TEST_F(Door, RefusesAClientWithoutAName) {
  replace_certificate(pki.folder(), "client", {"", "clientAuth"});
  meet();
  EXPECT_TRUE(server.says("carries no subject alternative name")) << server.text;
}

TEST_F(Door, RefusesAServersCertificateInAClientsHand) {
  replace_certificate(pki.folder(), "client", {"DNS:client", "serverAuth"});
  meet();
  EXPECT_TRUE(server.says("wrong kind of certificate")) << server.text;
  EXPECT_TRUE(client.says("wrong kind of certificate")) << client.text;
}

TEST_F(Door, WithAClientsCertificateInTheServersHandIsRefused) {
  replace_certificate(pki.folder(), "server", {"IP:127.0.0.1", "clientAuth"});
  meet();
  EXPECT_TRUE(client.says("wrong kind of certificate")) << client.text;
}

TEST_F(Door, RefusesAPeerWithoutACertificate) {
  auto context = anonymous_context(credentials("client"));
  meet_raw(context);
  EXPECT_EQ(server.exit, Exit::kPermission);
  EXPECT_TRUE(server.says("no certificate: both sides must present one")) << server.text;
}

TEST_F(Door, RefusesATls12Peer) {
  auto context = make_tls_context(credentials("client"), TlsSide::kClient);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_2_VERSION);
  meet_raw(context);
  EXPECT_EQ(server.exit, Exit::kPermission);
  EXPECT_TRUE(server.says("TLS 1.3 is required on both sides")) << server.text;
}

TEST_F(Door, RefusesATlsPeerThatOffersAnotherProtocol) {
  auto context = make_tls_context(credentials("client"), TlsSide::kClient);
  const unsigned char http[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.native_handle(), http, sizeof http);
  meet_raw(context);
  EXPECT_TRUE(server.says("the peer speaks TLS but not Cleave")) << server.text;
}

TEST_F(Door, RefusesATlsPeerThatNamesNoProtocol) {
  auto context = make_tls_context(credentials("client"), TlsSide::kClient);
  SSL_CTX_set_alpn_protos(context.native_handle(), nullptr, 0);
  meet_raw(context);
  EXPECT_TRUE(server.says("the peer speaks TLS but not Cleave")) << server.text;
}

// A visitor over bare TCP that says `text` and waits.
asio::awaitable<void> say_in_plain(tcp::socket& socket, std::uint16_t port, std::string text) {
  const tcp::endpoint door(asio::ip::address_v4::loopback(), port);
  co_await socket.async_connect(door, asio::use_awaitable);
  co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
}

TEST_F(Door, RefusesAPlainTextPeer) {
  for (const std::string text :
       {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "CLV1, please let me in"}) {
    open();
    tcp::socket socket(io);
    run(io, say_in_plain(socket, acceptor.local_endpoint().port(), text));
    settle();
    EXPECT_EQ(server.exit, Exit::kPermission);
    EXPECT_TRUE(server.says("does not speak TLS (a plain-text peer?)")) << server.text;
  }
}

TEST_F(Door, DoesNotWaitForAPeerThatStallsInTheHandshake) {
  Deadlines deadlines;
  deadlines.connect = std::chrono::milliseconds(100);
  open(deadlines);
  tcp::socket socket(io);
  run(io, say_in_plain(socket, acceptor.local_endpoint().port(), "\x16\x03"));
  settle();
  EXPECT_EQ(server.exit, Exit::kUnavailable);
  EXPECT_TRUE(server.says("no TLS handshake in time")) << server.text;
}

TEST_F(Door, OnAPlainTextServerIsRefused) {
  const auto greet = [&]() -> asio::awaitable<void> {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    const std::string text = "HTTP/1.1 400 Bad Request\r\n\r\n";
    co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
    std::array<char, 4096> ignored;
    co_await socket.async_read_some(asio::buffer(ignored), asio::use_awaitable);
  };
  asio::co_spawn(io, greet(), asio::detached);
  client = run(io, outcome_of(visit(credentials("client"), "127.0.0.1")));
  EXPECT_EQ(client.exit, Exit::kPermission);
  EXPECT_TRUE(client.says("does not speak TLS")) << client.text;
}

TEST_F(Door, ThatIsNotThereIsUnavailableAndNamesTheAddress) {
  const std::uint16_t port = acceptor.local_endpoint().port();
  acceptor.close();
  const auto dial = [&]() -> asio::awaitable<void> {
    auto context = make_tls_context(credentials("client"), TlsSide::kClient);
    Deadlines deadlines;
    deadlines.connect = std::chrono::milliseconds(100);
    const Address address{"127.0.0.1", port};
    co_await tls_connect(context, address, deadlines);
  };
  EXPECT_EQ(refusal<UnavailableError>([&] { run(io, dial()); }),
            "cannot reach 127.0.0.1:" + std::to_string(port) +
                ": Connection refused; is cleave-server running there?");
}

}  // namespace
}  // namespace cleave::testing
