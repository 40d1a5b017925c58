// TLS 1.3 contexts that always demand the peer's certificate, and words for what went wrong in a
// handshake. There is no way to make a context without verification.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <filesystem>
#include <string>

namespace cleave {

namespace asio = boost::asio;

struct Credentials {
  std::filesystem::path certificate, key, ca;
};

enum class TlsSide { kServer, kClient };

// Errors: IoError (file missing), PermissionError (key readable by others), DataError (not PEM, key
// and certificate do not belong together).
asio::ssl::context make_tls_context(const Credentials& credentials, TlsSide side);

using TlsStream = asio::ssl::stream<asio::ip::tcp::socket>;

// Makes the client insist that the server's certificate names `host` (DNS name or IP address).
void expect_host(TlsStream& stream, const std::string& host);

// Insists after a handshake that both sides have agreed on Cleave's protocol: a peer that names
// none is not asked by TLS itself. Errors: PermissionError.
void check_protocol(TlsStream& stream);

// The id in the context's own certificate. Errors: PermissionError when it names none.
std::string own_identity(asio::ssl::context& context);

// The id that a verified peer certificate carries: its first subject alternative name.
// Errors: PermissionError when there is none, or when a client's has more than one.
std::string peer_identity(TlsStream& stream, TlsSide own_side);

// What a failed handshake (or the alert that follows it) means and what to do about it.
// `dialled` is the host that a client asked for.
std::string describe_tls_error(TlsStream& stream, const boost::system::error_code& error,
                               const std::string& dialled);

}  // namespace cleave
