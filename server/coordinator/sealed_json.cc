#include "server/coordinator/sealed_json.h"

#include "common/base/seal.h"

namespace cleave {
namespace {

// The seal is the last string of the text. Where there is none, behind its end.
std::size_t seal_at(std::string_view text) {
  const std::size_t quote = text.rfind('"');
  return quote == std::string_view::npos || quote < kUnsealed.size() ? text.size()
                                                                     : quote - kUnsealed.size();
}

}  // namespace

std::string sealed_json(Json object, int indent, std::string_view before) {
  object[kSealKey] = kUnsealed;
  std::string text = object.dump(indent);
  seal(text, seal_at(text), before);
  return text;
}

std::optional<std::string> seal_of(const std::string& text, std::string_view before) {
  const std::size_t at = seal_at(text);
  if (!is_sealed(text, at, before)) return std::nullopt;
  return text.substr(at, kUnsealed.size());
}

}  // namespace cleave
