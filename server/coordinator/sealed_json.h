// JSON that carries its own SHA-256 as its last key, "sha256" (base/seal.h). No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/coordinator/record.h"

namespace cleave {

inline constexpr const char* kSealKey = "sha256";

// An object's text with its seal; `indent` as of nlohmann's dump. `before` chains texts.
std::string sealed_json(Json object, int indent, std::string_view before = {});

// The digest that such a text ends with; none where it does not fit the text and `before`.
std::optional<std::string> seal_of(const std::string& text, std::string_view before = {});

}  // namespace cleave
