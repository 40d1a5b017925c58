#include "common/wire/goodbye.h"

#include <boost/asio/this_coro.hpp>

#include "common/base/log.h"
#include "common/wire/control.h"
#include "common/wire/deadline.h"

namespace cleave {
namespace {

constexpr const char* kTooLate = "no goodbye in time";
constexpr std::uint64_t kRecordOverhead = 22;  // TLS 1.3: header, content type, tag

// States the bytes of everything before, which must therefore have left.
asio::awaitable<void> send_goodbye(Link& link, const std::string& reason) {
  co_await link.drain();
  const TlsBytes tls = link.tls_bytes();
  const Bye bye{reason, tls.sent, tls.received};
  co_await link.send(bye_frame(bye));
}

// The peer counted what it had sent before its goodbye, which travels in one record of its own.
bool agrees(const Link& link, const Frame& bye) {
  const TlsBytes own = link.tls_bytes();
  if (own.received == 0) return true;
  const std::uint64_t last = kRecordOverhead + kHeaderBytes + bye.header.payload_bytes;
  const std::uint64_t stated = parse_bye(bye).tls_sent;
  if (own.received == stated + last) return true;
  log_warn("TLS bytes from " + link.peer() + ": it states " + std::to_string(stated) + ", " +
           std::to_string(own.received - last) + " arrived");
  return false;
}

}  // namespace

asio::awaitable<bool> say_goodbye(Link& link, const std::string& reason,
                                  std::chrono::milliseconds patience) {
  const Deadline deadline(co_await asio::this_coro::executor, link, patience, kTooLate);
  co_await send_goodbye(link, reason);
  const Frame answer = co_await receive_expected(link, Kind::kBye, 0, 0);
  const bool same = agrees(link, answer);
  co_await link.finish();
  co_return same;
}

asio::awaitable<bool> answer_goodbye(Link& link, const Frame& bye,
                                     std::chrono::milliseconds patience) {
  const Deadline deadline(co_await asio::this_coro::executor, link, patience, kTooLate);
  const bool same = agrees(link, bye);
  co_await send_goodbye(link, "goodbye");
  co_await link.finish();
  co_return same;
}

}  // namespace cleave
