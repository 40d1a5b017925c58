// Segmentation of the highest sum of scores: the Viterbi search of SentencePiece's unigram model
// ("EncodeOptimized"), with its mix of float sums and double comparisons, so that ties fall alike.
#include "common/data/sentence_piece/piece_table.h"

namespace cleave {
namespace {

using Kind = ScoredPiece::Kind;

constexpr float kUnknownPenalty = 10;

// The best known way to segment a text up to some byte: its score, and its last segment.
struct Path {
  float score = 0;
  std::int32_t id = -1;  // -1: no way is known
  std::size_t begin = 0;

  void offer(double other, std::int32_t last, std::size_t from) {
    if (id >= 0 && !(other > score)) return;
    *this = {static_cast<float>(other), last, from};
  }
};

double score_of(const PieceTable& pieces, std::int32_t id, std::size_t bytes) {
  if (!pieces.is(Kind::kUserDefined, id)) return pieces[id].score;
  return static_cast<float>(bytes) * pieces.highest_score() - 0.1;
}

}  // namespace

std::vector<Segment> segment_by_unigram(const PieceTable& pieces, std::string_view text) {
  const float unknown_score = pieces.lowest_score() - kUnknownPenalty;
  std::vector<Path> paths(text.size() + 1);  // by the byte that they end before
  for (std::size_t at = 0; at < text.size();) {
    const float here = paths[at].score;
    const std::size_t character = first_character(text.substr(at));
    bool has_character = false;
    pieces.found().each_prefix(text.substr(at), [&](std::size_t bytes, std::int32_t id) {
      if (pieces.is(Kind::kUnused, id)) return;
      paths[at + bytes].offer(score_of(pieces, id, bytes) + here, id, at);
      has_character = has_character || bytes == character;
    });
    if (!has_character) paths[at + character].offer(unknown_score + here, pieces.unknown(), at);
    at += character;
  }
  std::vector<Segment> out;
  for (std::size_t end = text.size(); end > 0; end = paths[end].begin) {
    out.push_back({text.substr(paths[end].begin, end - paths[end].begin), paths[end].id});
  }
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace cleave
