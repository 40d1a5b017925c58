// The known name that a mistyped one most resembles, for error messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cleave {

// " (did you mean NAME?)" with the candidate of least edit distance, or "" when none is close.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates);

// "a, b or c", for lists of allowed values.
std::string one_of(const std::vector<std::string_view>& values);

}  // namespace cleave
