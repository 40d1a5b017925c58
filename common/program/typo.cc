#include "common/program/typo.h"

#include "common/base/nearest.h"

namespace cleave {
namespace {

std::vector<std::string> option_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (; app; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
      for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    }
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::string unknown(const char* what, const std::string& name,
                    const std::vector<std::string>& known) {
  return std::string("unknown ") + what + " \"" + name.substr(0, 80) + "\"" +
         did_you_mean(name, {known.begin(), known.end()});
}

// Whether the option consumes the argument after it.
bool takes_value(const CLI::App* app, const std::string& name) {
  for (; app; app = app->get_parent()) {
    const CLI::Option* const option = app->get_option_no_throw(name);
    if (option) return option->get_items_expected_max() > 0;
  }
  return false;
}

}  // namespace

Reached walk_command_line(CLI::App& root, int argc, char** argv) {
  Reached at{&root, root.get_name(), ""};
  for (int i = 1; i < argc && at.problem.empty(); ++i) {
    const std::string argument = argv[i];
    const std::vector<std::string> commands = command_names(at.app);
    if (argument.size() > 1 && argument.front() == '-') {
      const std::string name = argument.substr(0, argument.find('='));
      const std::vector<std::string> known = option_names(at.app);
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        at.problem = unknown("option", name, known);
      } else if (name == argument && takes_value(at.app, name)) {
        ++i;
      }
    } else if (std::find(commands.begin(), commands.end(), argument) != commands.end()) {
      at.app = at.app->get_subcommand(argument);
      at.name += " " + argument;
    } else if (!commands.empty()) {
      at.problem = unknown("command", argument, commands);
    }
  }
  if (const auto commands = command_names(at.app); at.problem.empty() && !commands.empty()) {
    at.problem = "a command is missing; expected " + one_of({commands.begin(), commands.end()});
  }
  return at;
}

}  // namespace cleave
