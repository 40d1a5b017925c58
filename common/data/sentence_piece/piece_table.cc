#include "common/data/sentence_piece/piece_table.h"

#include <cfloat>
#include <charconv>
#include <cmath>

#include "common/base/error.h"

namespace cleave {
namespace {

using Kind = ScoredPiece::Kind;

// "<0x0A>", in upper case; -1: another text.
int byte_named(std::string_view text) {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>') return -1;
  if (text.find_first_not_of("0123456789ABCDEF", 3) != 5) return -1;
  int byte = -1;
  std::from_chars(text.data() + 3, text.data() + 5, byte, 16);
  return byte;
}

}  // namespace

std::uint8_t PieceTable::byte_of(const ScoredPiece& piece) {
  return static_cast<std::uint8_t>(byte_named(piece.text));
}

PieceTable::PieceTable(std::vector<ScoredPiece> pieces, bool byte_fallback)
    : pieces_(std::move(pieces)), lowest_(FLT_MAX), highest_(FLT_MIN) {
  bytes_.fill(-1);
  std::vector<PieceIndex::Entry> found, kept, reserved;
  for (std::int32_t id = 0; id < size(); ++id) {
    const ScoredPiece& piece = (*this)[id];
    const std::string name = "piece " + std::to_string(id);
    if (!std::isfinite(piece.score)) throw DataError(name + " has no finite score");
    const PieceIndex::Entry entry{piece.text, id};
    switch (piece.kind) {
      case Kind::kNormal:
        lowest_ = std::min(lowest_, piece.score);
        highest_ = std::max(highest_, piece.score);
        [[fallthrough]];
      case Kind::kUnused:
        found.push_back(entry);
        break;
      case Kind::kUserDefined:
        found.push_back(entry);
        kept.push_back(entry);
        break;
      case Kind::kUnknown:
        if (unknown_ >= 0) throw DataError(name + " is a second one for the unknown");
        unknown_ = id;
        reserved.push_back(entry);
        break;
      case Kind::kByte: {
        const int byte = byte_named(piece.text);
        if (byte < 0 || !byte_fallback) throw DataError(name + " stands for no byte");
        bytes_[static_cast<std::size_t>(byte)] = id;
        [[fallthrough]];
      }
      case Kind::kControl:
        reserved.push_back(entry);
        break;
    }
  }
  if (unknown_ < 0) throw DataError("no piece stands for the unknown");
  if (byte_fallback && std::find(bytes_.begin(), bytes_.end(), -1) != bytes_.end()) {
    throw DataError("the model spells in bytes, but not all 256 have a piece");
  }
  found_ = PieceIndex(std::move(found));
  kept_ = PieceIndex(std::move(kept));
  reserved_ = PieceIndex(std::move(reserved));
}

std::int32_t PieceTable::id_of(std::string_view text) const {
  const std::int32_t reserved = reserved_.find(text);
  if (reserved >= 0) return reserved;
  const std::int32_t found = found_.find(text);
  return found >= 0 ? found : unknown_;
}

std::size_t first_character(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  const std::size_t bytes = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return std::min(bytes, text.size());
}

}  // namespace cleave
