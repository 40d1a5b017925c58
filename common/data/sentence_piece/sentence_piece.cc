#include "common/data/sentence_piece/sentence_piece.h"

#include "common/base/error.h"

namespace cleave {
namespace {

using Kind = ScoredPiece::Kind;

std::int32_t control_piece(const PieceTable& table, const std::string& name) {
  const std::int32_t id = table.id_of(name);
  return table.is(Kind::kControl, id) ? id : -1;
}

std::int32_t require_piece(const PieceTable& table, const std::string& name, const char* key) {
  const std::int32_t id = control_piece(table, name);
  if (id >= 0) return id;
  throw DataError("it has no special token \"" + name.substr(0, 40) + "\", which " + key +
                  " asks for; set it to false in tokenizer_config.json");
}

// Appends bytes as text, U+FFFD for each that is part of no character.
void append_utf8(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    const std::size_t character = valid_character(bytes);
    out += character > 0 ? bytes.substr(0, character) : kReplacement;
    bytes.remove_prefix(std::max<std::size_t>(1, character));
  }
}

void append_with_spaces(std::string_view piece, std::string& out) {
  while (!piece.empty()) {
    const std::size_t mark = std::min(piece.find(kSpaceMark), piece.size());
    out += piece.substr(0, mark);
    if (mark == piece.size()) return;
    out += ' ';
    piece.remove_prefix(mark + kSpaceMark.size());
  }
}

}  // namespace

SentencePiece::SentencePiece(SentencePieceModel model, SentencePieceOptions options)
    : normalize_(model),
      segmentation_(model.segmentation),
      unknown_text_(model.unknown_text),
      table_(std::move(model.pieces), model.byte_fallback) {
  std::optional<std::int32_t> begin, end;
  if (options.add_begin.value_or(control_piece(table_, model.begin_piece) >= 0)) {
    begin = require_piece(table_, model.begin_piece, "add_bos_token");
  }
  if (options.add_end) end = require_piece(table_, model.end_piece, "add_eos_token");
  set_frame(ends_frame(begin, end));
}

void SentencePiece::segment(std::string_view text, bool, std::vector<std::int32_t>& out) const {
  const std::string normalized = normalize_(text, table_.kept());
  const auto segments = segmentation_ == SentencePieceModel::Segmentation::kBpe
                            ? segment_by_bpe(table_, normalized)
                            : segment_by_unigram(table_, normalized);
  bool after_unknown = false;
  for (const Segment& segment : segments) {
    const bool unknown = segment.id == table_.unknown();
    if (unknown && table_.has_bytes()) {
      for (const char c : segment.text) {
        out.push_back(table_.byte_id(static_cast<std::uint8_t>(c)));
      }
    } else if (!unknown || !after_unknown) {  // a run of the unknown is one id
      out.push_back(segment.id);
    }
    after_unknown = unknown;
  }
}

std::string SentencePiece::text(std::span<const std::int32_t> ids) const {
  std::string out, bytes;
  bool at_start = true, took_space = false;
  const auto flush = [&] {
    append_utf8(bytes, out);
    bytes.clear();
  };
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= table_.size()) continue;
    const ScoredPiece& piece = table_[id];
    if (piece.kind == Kind::kByte) {
      bytes += static_cast<char>(PieceTable::byte_of(piece));
      continue;
    }
    flush();
    if (took_space || !out.empty()) at_start = false;
    took_space = false;
    if (piece.kind == Kind::kControl) continue;
    if (piece.kind == Kind::kUnknown) {
      out += unknown_text_;
      continue;
    }
    std::string_view rest = piece.text;
    if (at_start && normalize_.adds_or_trims() && rest.substr(0, 3) == kSpaceMark) {
      rest.remove_prefix(kSpaceMark.size());
      took_space = !normalize_.trims();  // with trimming, as many as there are
    }
    append_with_spaces(rest, out);
  }
  flush();
  return out;
}

}  // namespace cleave
