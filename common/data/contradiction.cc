#include "common/data/contradiction.h"

#include "common/base/error.h"

namespace cleave {

void contradict(const std::string& in_document, const std::string& in_config) {
  throw DataError("tokenizer.json: " + in_document + ", but tokenizer_config.json: " + in_config +
                  "; make the two say the same");
}

std::string said(const std::optional<bool>& value) {
  return !value ? "null" : *value ? "true" : "false";
}

}  // namespace cleave
