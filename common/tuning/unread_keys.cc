#include "common/tuning/unread_keys.h"

#include <algorithm>

#include "common/base/log.h"
#include "common/tuning/method.h"

namespace cleave {
namespace {

constexpr std::string_view kTable = "tuning.";

bool is_read(const Job& job, std::string_view key) {
  if (key == "method") return true;
  if (key == "init" && job.tuning.init.rfind("state:", 0) == 0) return true;
  if (key == "text" && job.tuning.init != "text") return false;
  const std::vector<const Method*> methods = find_methods(job.tuning.method);
  return std::any_of(methods.begin(), methods.end(),
                     [&](const Method* method) { return reads_key(*method, key); });
}

}  // namespace

std::vector<std::string> unread_keys(const LoadedJob& loaded) {
  std::vector<std::string> out;
  for (const std::string& key : loaded.set) {
    if (key.rfind(kTable, 0) != 0 || is_read(loaded.job, key.substr(kTable.size()))) continue;
    const bool text = key == "tuning.text";
    out.push_back(key + " has no effect with " +
                  (text ? "tuning.init = \"" + loaded.job.tuning.init
                        : "tuning.method = \"" + loaded.job.tuning.method) +
                  "\"");
  }
  return out;
}

void warn_of_unread_keys(const LoadedJob& loaded) {
  for (const std::string& sentence : unread_keys(loaded)) log_warn(sentence);
}

}  // namespace cleave
