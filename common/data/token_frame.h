// Where a tokenizer puts its special tokens around a text or a pair, and how both are cut to fit.
// It reads no file: post_processor.h does.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace cleave {

// Token ids of one text or pair, special tokens included.
struct Encoding {
  std::vector<std::int32_t> ids;
  std::int32_t pair_begin = 0;  // ids from here on have token type 1; ids.size(): none
};

struct TokenFrame {
  struct Part {
    enum class Kind { kSpecial, kFirst, kSecond } kind = Kind::kFirst;
    std::int32_t id = 0;       // of a special token
    bool second_type = false;  // these ids have token type 1, and all that follow
    bool operator==(const Part&) const = default;
  };
  std::vector<Part> single = {{}};
  std::vector<Part> pair;  // empty: the family has no form for one
  bool cut_front = false;  // what is too long loses its beginning, not its end

  bool operator==(const TokenFrame&) const = default;

  // At most `max_length` ids where the special tokens alone are not more; the longer text is cut
  // first. Errors: DataError for a pair without a form.
  Encoding apply(std::vector<std::int32_t> first, std::optional<std::vector<std::int32_t>> second,
                 std::int64_t max_length) const;
};

// [CLS] A [SEP], and [CLS] A [SEP] B [SEP] with B and what follows of type 1.
TokenFrame bert_frame(std::int32_t classify, std::int32_t separate);
// <s> A </s>, and <s> A </s></s> B </s>, all of type 0.
TokenFrame roberta_frame(std::int32_t begin, std::int32_t separate);
// A, with either around it where it is given; no form for a pair.
TokenFrame ends_frame(std::optional<std::int32_t> begin, std::optional<std::int32_t> end);

// Shortens the longer of two lists of ids until both fit into `room`; where both end up equally
// long, the one that was longer keeps one more.
void cut_longest_first(std::vector<std::int32_t>& a, std::vector<std::int32_t>& b, std::size_t room,
                       bool front = false);

}  // namespace cleave
