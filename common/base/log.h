// Where log lines go: stderr, one line each, `key=value` after the sentence. Results never go
// through the log, and nothing is ever parsed from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cleave {

inline const std::vector<std::string> kLogLevels = {"debug", "info", "warn", "error", "off"};

// Sets up the process's logger; call once at the start of main.
void start_logging(const std::string& level);

void log_debug(std::string_view message);
void log_info(std::string_view message);
void log_warn(std::string_view message);
void log_error(std::string_view message);

}  // namespace cleave
