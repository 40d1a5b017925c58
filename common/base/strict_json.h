// A JSON object from a file that somebody else wrote: parsed within bounds, without duplicate keys,
// and without a request to run code. It knows no keys of its own.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace cleave {

// Errors: DataError naming `file`: not JSON, no object, nested deeper than 8 levels, a key twice,
// or a key that makes other programs run code of the folder (auto_map, trust_remote_code). `owner`
// is what the file belongs to, for the message: "adapter", "model".
nlohmann::json parse_strictly(std::string_view text, const std::string& file,
                              std::string_view owner);

}  // namespace cleave
