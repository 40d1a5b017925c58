// The orderly end of a link: both ends say goodbye, compare TLS bytes, and close. A peer that takes
// longer over it than `patience` is cut off (UnavailableError), whatever pings it sends.
#pragma once

#include <chrono>
#include <string>

#include "common/wire/link.h"

namespace cleave {

inline constexpr std::chrono::milliseconds kGoodbyePatience{10'000};

// Says goodbye first and waits for the answer. Returns whether the TLS bytes that the peer states
// are the ones that arrived here (always true on a memory link).
asio::awaitable<bool> say_goodbye(Link& link, const std::string& reason,
                                  std::chrono::milliseconds patience = kGoodbyePatience);

// The other end: answers a goodbye that has been received, and closes.
asio::awaitable<bool> answer_goodbye(Link& link, const Frame& bye,
                                     std::chrono::milliseconds patience = kGoodbyePatience);

}  // namespace cleave
