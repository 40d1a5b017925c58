#include "common/base/strict_json.h"

#include <set>
#include <vector>

#include "common/base/error.h"

namespace cleave {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 8;

// What the parser is told at every key and bracket.
class Watch {
 public:
  Watch(const std::string& file, std::string_view owner) : file_(file), owner_(owner) {}

  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    if (depth > kMaxDepth) throw DataError(file_ + ": nested deeper than 8 levels");
    if (event == json::parse_event_t::object_start) keys_.emplace_back();
    if (event == json::parse_event_t::object_end) keys_.pop_back();
    if (event == json::parse_event_t::key) check_key(parsed.get<std::string>());
    return true;
  }

 private:
  void check_key(const std::string& key) {
    if (!keys_.back().insert(key).second) {
      throw DataError(file_ + ": the key \"" + key.substr(0, 80) +
                      "\" twice; keep the one that is meant");
    }
    if (key == "auto_map" || key == "trust_remote_code") {
      throw DataError(file_ + ": the key \"" + key +
                      "\" asks to run code that comes with a model; Cleave runs none: remove it "
                      "where the " +
                      std::string(owner_) + " does without");
    }
  }

  const std::string& file_;
  std::string_view owner_;
  std::vector<std::set<std::string>> keys_;  // of the objects that are open
};

}  // namespace

json parse_strictly(std::string_view text, const std::string& file, std::string_view owner) {
  Watch watch(file, owner);
  try {
    json value = json::parse(text, std::ref(watch));
    if (value.is_object()) return value;
  } catch (const json::exception& error) {
    throw DataError(file + " is not valid JSON (" + error.what() + ")");
  }
  throw DataError(file + " does not hold a JSON object");
}

}  // namespace cleave
