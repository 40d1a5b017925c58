// Saying why before a link closes: an error is told to the peer, then rethrown or returned.
#pragma once

#include <string>

#include "common/base/error.h"
#include "common/wire/link.h"

namespace cleave {

// Sends an error frame and closes in an orderly way. False when the peer was gone already.
asio::awaitable<bool> send_farewell(Link& link, Exit exit, std::string reason);
// The same for a link that its session may let go of meanwhile.
asio::awaitable<bool> send_farewell(std::shared_ptr<Link> link, Exit exit, std::string reason);

// Runs `task`; when it throws, the peer of `link` is told why before the error goes on.
asio::awaitable<void> tell_on_failure(Link& link, asio::awaitable<void> task);
// The same from whoever holds data: the peer learns the kind of the error and not its words, which
// may quote a sample or name a path. The whole error goes on to the caller.
asio::awaitable<void> tell_kind_on_failure(Link& link, asio::awaitable<void> task);
// What is then said of an error with that exit code.
std::string reason_by_kind(Exit exit);

}  // namespace cleave
