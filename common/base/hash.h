// SHA-256 over streamed bytes, for model hashes and named random streams; not for passwords.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace cleave {

using Digest = std::array<std::uint8_t, 32>;

// Order of calls: update any number of times, then digest once. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  Digest digest();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

Digest sha256(std::string_view text);
std::string hex(std::span<const std::uint8_t> bytes);

}  // namespace cleave
