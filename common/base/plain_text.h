// Text that somebody else wrote, made fit for a terminal, a log line and a JSON string. It does not
// quote or escape. Thread-safe: a pure function.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cleave {

// At most `max_bytes` of `text`, cut between characters. What is not UTF-8 becomes '?'; what would
// move a cursor or turn a line round (control characters, direction marks, line separators) becomes
// a space.
std::string plain_text(std::string_view text, std::size_t max_bytes);

}  // namespace cleave
