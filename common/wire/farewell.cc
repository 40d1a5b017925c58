#include "common/wire/farewell.h"

#include <boost/asio/this_coro.hpp>

#include "common/wire/control.h"
#include "common/wire/deadline.h"

namespace cleave {
namespace {

constexpr std::chrono::seconds kPatience{5};

}  // namespace

asio::awaitable<bool> send_farewell(Link& link, Exit exit, std::string reason) {
  const Deadline deadline(co_await asio::this_coro::executor, link, kPatience,
                          "the peer did not read why it was refused");
  try {
    co_await link.send(error_frame(static_cast<int>(exit), reason));
    co_await link.finish();
    co_return true;
  } catch (const Error&) {
    co_return false;  // nobody is there to be told
  }
}

asio::awaitable<bool> send_farewell(std::shared_ptr<Link> link, Exit exit, std::string reason) {
  co_return co_await send_farewell(*link, exit, std::move(reason));
}

namespace {

// `kind_only`: see tell_kind_on_failure.
asio::awaitable<void> tell(Link& link, asio::awaitable<void> task, bool kind_only) {
  std::exception_ptr failure;
  Exit exit = Exit::kBug;
  std::string reason;
  try {
    co_await std::move(task);
  } catch (const Error& error) {
    failure = std::current_exception();
    exit = error.exit();
    reason = error.what();
  } catch (const std::exception& error) {
    failure = std::current_exception();
    reason = std::string("internal error: ") + error.what();
  }
  if (!failure) co_return;
  // Not within the call: GCC 12 destroys the temporaries of a co_await expression twice.
  if (kind_only) reason = reason_by_kind(exit);
  co_await send_farewell(link, exit, std::move(reason));
  std::rethrow_exception(failure);
}

}  // namespace

asio::awaitable<void> tell_on_failure(Link& link, asio::awaitable<void> task) {
  return tell(link, std::move(task), false);
}

asio::awaitable<void> tell_kind_on_failure(Link& link, asio::awaitable<void> task) {
  return tell(link, std::move(task), true);
}

std::string reason_by_kind(Exit exit) {
  switch (exit) {
    case Exit::kUsage:
    case Exit::kData:
      return "its data, its model or the job is not as it should be; its own log says what";
    case Exit::kUnavailable:
      return "it has lost its other link, or a deadline has passed; its own log says what";
    case Exit::kIo:
      return "it could not read or write a file; its own log says which";
    case Exit::kProtocol:
      return "what it received breaks the protocol; its own log says how";
    case Exit::kPermission:
      return "something was not permitted; its own log says what";
    case Exit::kInterrupted:
    case Exit::kTerminated:
      return "it was interrupted";
    default:
      return "it has failed; its own log says how";
  }
}

}  // namespace cleave
