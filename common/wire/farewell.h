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

}  // namespace cleave
