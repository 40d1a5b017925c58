// What is wrong with a command line, in words: the unknown command or option, and the known one
// that it most resembles. It does not parse: it explains what the parser has refused.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace cleave {

// The innermost subcommand that the arguments reached, with its full name ("cleave pki issue").
struct Reached {
  CLI::App* app;
  std::string name;
  std::string problem;  // "" when every name was known
};

Reached walk_command_line(CLI::App& root, int argc, char** argv);

}  // namespace cleave
