// A bound on how deep TOML text nests, before a parser whose stack its depth would use up sees it.
// It finds no other fault: what is no TOML is the parser's to refuse.
#pragma once

#include <string>
#include <string_view>

namespace cleave {

// Errors: DataError naming `file` and the line, where brackets nest, or a key has parts, beyond
// what any configuration of ours has.
void check_toml_depth(std::string_view text, const std::string& file);

}  // namespace cleave
