#include "common/base/seal.h"

#include "common/base/error.h"
#include "common/base/hash.h"

namespace cleave {
namespace {

std::string digest_around(std::string_view text, std::size_t at, std::string_view before) {
  Sha256 hash;
  hash.update(before);
  hash.update(text.substr(0, at));
  hash.update(kUnsealed);
  hash.update(text.substr(at + kUnsealed.size()));
  return hex(hash.digest());
}

}  // namespace

void seal(std::string& text, std::size_t at, std::string_view before) {
  CLEAVE_CHECK(text.compare(at, kUnsealed.size(), kUnsealed) == 0);
  text.replace(at, kUnsealed.size(), digest_around(text, at, before));
}

bool is_sealed(std::string_view text, std::size_t at, std::string_view before) {
  if (at > text.size() || text.size() - at < kUnsealed.size()) return false;
  return text.substr(at, kUnsealed.size()) == digest_around(text, at, before);
}

}  // namespace cleave
