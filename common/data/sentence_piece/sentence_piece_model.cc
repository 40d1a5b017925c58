#include "common/data/sentence_piece/sentence_piece_model.h"

#include "common/base/error.h"
#include "common/data/sentence_piece/protobuf_fields.h"

namespace cleave {
namespace {

constexpr std::size_t kMaxPieces = 1'000'000;

// Numbers of the fields.
namespace model_field {
enum { kPiece = 1, kTrainer = 2, kNormalizer = 3 };
}
namespace piece_field {
enum { kText = 1, kScore = 2, kKind = 3 };
}
namespace trainer_field {
enum { kType = 3, kSpaceAsSuffix = 24, kByteFallback = 35, kUnknownText = 44, kBegin = 46, kEnd };
}
namespace normalizer_field {
enum { kCharsmap = 2, kAddSpace = 3, kTrimSpaces = 4, kMarkSpaces = 5 };
}

ScoredPiece read_piece(std::string_view message) {
  ScoredPiece piece;
  while (const auto field = next_field(message)) {
    if (field->number == piece_field::kText) piece.text = field->as_bytes();
    if (field->number == piece_field::kScore) piece.score = field->as_float();
    if (field->number == piece_field::kKind) {
      const std::uint64_t kind = field->as_varint();
      if (kind < 1 || kind > 6) throw DataError("a piece is of an unknown type");
      piece.kind = static_cast<ScoredPiece::Kind>(kind);
    }
  }
  return piece;
}

void read_trainer(std::string_view message, SentencePieceModel& model) {
  while (const auto field = next_field(message)) {
    switch (field->number) {
      case trainer_field::kType:
        if (field->as_varint() != 1 && field->as_varint() != 2) {
          throw DataError("its segmentation is neither unigram nor BPE, the two supported");
        }
        model.segmentation = static_cast<SentencePieceModel::Segmentation>(field->as_varint());
        break;
      case trainer_field::kSpaceAsSuffix:
        model.space_as_suffix = field->as_flag();
        break;
      case trainer_field::kByteFallback:
        model.byte_fallback = field->as_flag();
        break;
      case trainer_field::kUnknownText:
        model.unknown_text = field->as_bytes();
        break;
      case trainer_field::kBegin:
        model.begin_piece = field->as_bytes();
        break;
      case trainer_field::kEnd:
        model.end_piece = field->as_bytes();
        break;
      default:
        break;
    }
  }
}

void read_normalizer(std::string_view message, SentencePieceModel& model) {
  while (const auto field = next_field(message)) {
    if (field->number == normalizer_field::kCharsmap) model.charsmap = field->as_bytes();
    if (field->number == normalizer_field::kAddSpace) model.add_space = field->as_flag();
    if (field->number == normalizer_field::kTrimSpaces) model.trim_spaces = field->as_flag();
    if (field->number == normalizer_field::kMarkSpaces) model.mark_spaces = field->as_flag();
  }
}

}  // namespace

SentencePieceModel parse_sentence_pieces(std::string_view bytes) {
  SentencePieceModel model;
  while (const auto field = next_field(bytes)) {
    if (field->number == model_field::kPiece) {
      if (model.pieces.size() == kMaxPieces) throw DataError("over 1000000 pieces");
      model.pieces.push_back(read_piece(field->as_bytes()));
    }
    if (field->number == model_field::kTrainer) read_trainer(field->as_bytes(), model);
    if (field->number == model_field::kNormalizer) read_normalizer(field->as_bytes(), model);
  }
  return model;
}

std::string write_sentence_pieces(const SentencePieceModel& model) {
  std::string out, part;
  for (const ScoredPiece& piece : model.pieces) {
    part.clear();
    append_bytes(part, piece_field::kText, piece.text);
    append_float(part, piece_field::kScore, piece.score);
    append_varint(part, piece_field::kKind, static_cast<std::uint64_t>(piece.kind));
    append_bytes(out, model_field::kPiece, part);
  }
  part.clear();
  append_varint(part, trainer_field::kType, static_cast<std::uint64_t>(model.segmentation));
  append_varint(part, trainer_field::kSpaceAsSuffix, model.space_as_suffix);
  append_varint(part, trainer_field::kByteFallback, model.byte_fallback);
  append_bytes(part, trainer_field::kUnknownText, model.unknown_text);
  append_bytes(part, trainer_field::kBegin, model.begin_piece);
  append_bytes(part, trainer_field::kEnd, model.end_piece);
  append_bytes(out, model_field::kTrainer, part);
  part.clear();
  append_bytes(part, normalizer_field::kCharsmap, model.charsmap);
  append_varint(part, normalizer_field::kAddSpace, model.add_space);
  append_varint(part, normalizer_field::kTrimSpaces, model.trim_spaces);
  append_varint(part, normalizer_field::kMarkSpaces, model.mark_spaces);
  append_bytes(out, model_field::kNormalizer, part);
  return out;
}

}  // namespace cleave
