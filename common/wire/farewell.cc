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

asio::awaitable<void> tell_on_failure(Link& link, asio::awaitable<void> task) {
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
  co_await send_farewell(link, exit, std::move(reason));
  std::rethrow_exception(failure);
}

}  // namespace cleave
