// A configuration as a list of keys, each bound to a field of a plain struct: one description for
// reading, checking, writing and documenting. It knows neither TOML nor what the keys mean.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cleave {

// Where a key's value lives.
using Field = std::variant<bool*, std::int64_t*, double*, std::string*, std::vector<std::string>*>;

// What a value must satisfy.
struct Rule {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool above_min = false;                  // min itself is refused
  std::vector<std::string_view> allowed;   // strings: one of these ...
  std::vector<std::string_view> prefixes;  // ... or one of these and a name, e.g. "column:"
  bool is_path = false;                    // relative to the file that sets it
};

Rule any();
Rule path();
Rule at_least(double min);
Rule between(double min, double max);
Rule positive(double max);  // above 0
Rule one_of_names(std::vector<std::string_view> allowed,
                  std::vector<std::string_view> prefixes = {});

struct Key {
  std::string_view name;  // "optimizer.lr_prompt"
  Field field;
  Rule rule;
  std::string_view doc;
  std::string_view alias = {};  // another accepted spelling
};

// "a number above 0", "one of ...": what a message says was expected.
std::string expectation(const Key& key);
// The value as TOML, e.g. ["a", "b"].
std::string value_text(const Key& key);
// Throws DataError("WHERE: KEY: expected ..., found ...") when the present value breaks the rule.
void check_rule(const Key& key, const std::string& where);

// Whether a list of names and "section." prefixes holds `name`.
bool is_listed(std::string_view name, const std::vector<std::string_view>& list);

// All keys as a TOML document in their order; sections where the names have dots. `skip` holds
// names or "section." prefixes to leave out.
std::string to_toml(const std::vector<Key>& keys, const std::vector<std::string_view>& skip = {});

// A Markdown table of every key: name, type, default, allowed, meaning.
std::string to_markdown(const std::vector<Key>& keys);

}  // namespace cleave
