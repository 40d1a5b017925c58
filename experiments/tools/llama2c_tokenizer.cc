#include "experiments/tools/llama2c_tokenizer.h"

#include <cstring>

#include "common/base/error.h"

namespace cleave {
namespace {

constexpr std::size_t kFirstText = 259;

template <class T>
T take(std::string_view& bytes, std::size_t piece) {
  T value;
  if (bytes.size() < sizeof value) {
    throw DataError("the tokenizer file ends within piece " + std::to_string(piece));
  }
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return value;
}

std::string with_marks(std::string_view text) {
  std::string out;
  for (const char c : text) c == ' ' ? out += kSpaceMark : out += c;
  return out;
}

ScoredPiece piece_of(std::size_t id, float score, std::string_view text) {
  using Kind = ScoredPiece::Kind;
  if (id == 0) return {"<unk>", score, Kind::kUnknown};
  if (id == 1) return {"<s>", score, Kind::kControl};
  if (id == 2) return {"</s>", score, Kind::kControl};
  if (id < kFirstText) return {std::string(text), score, Kind::kByte};
  return {with_marks(text), score, Kind::kNormal};
}

}  // namespace

SentencePieceModel parse_llama2c_tokenizer(std::string_view bytes) {
  SentencePieceModel model;
  model.segmentation = SentencePieceModel::Segmentation::kBpe;
  model.byte_fallback = true;
  model.trim_spaces = false;
  const auto longest = take<std::int32_t>(bytes, 0);
  while (!bytes.empty()) {
    const std::size_t id = model.pieces.size();
    const auto score = take<float>(bytes, id);
    const auto size = take<std::int32_t>(bytes, id);
    // The longest piece is counted without what stands for the special tokens and the bytes.
    if (size < 0 || static_cast<std::size_t>(size) > bytes.size() ||
        (id >= kFirstText && size > longest)) {
      throw DataError("piece " + std::to_string(id) + " of the tokenizer file has a wrong length");
    }
    model.pieces.push_back(piece_of(id, score, bytes.substr(0, static_cast<std::size_t>(size))));
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  if (model.pieces.size() < kFirstText) throw DataError("the tokenizer file lacks pieces of bytes");
  return model;
}

}  // namespace cleave
