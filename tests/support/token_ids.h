// Lists of token ids in fixtures, where numbers are numbers or strings.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cleave::testing {

inline std::vector<std::int32_t> ids_of(const nlohmann::json& list) {
  std::vector<std::int32_t> out;
  for (const nlohmann::json& id : list) {
    out.push_back(id.is_string() ? std::stoi(id.get<std::string>()) : id.get<std::int32_t>());
  }
  return out;
}

}  // namespace cleave::testing
