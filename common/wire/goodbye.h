// The orderly end of a link: both ends say goodbye, compare TLS bytes, and close. A peer that takes
// more than 10 s over it is cut off (UnavailableError).
#pragma once

#include <string>

#include "common/wire/link.h"

namespace cleave {

// Says goodbye first and waits for the answer. Returns whether the TLS bytes that the peer states
// are the ones that arrived here (always true on a memory link).
asio::awaitable<bool> say_goodbye(Link& link, const std::string& reason);

// The other end: answers a goodbye that has been received, and closes.
asio::awaitable<bool> answer_goodbye(Link& link, const Frame& bye);

}  // namespace cleave
