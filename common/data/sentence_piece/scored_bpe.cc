// Segmentation by merging pairs in the order of their scores: SentencePiece's BPE.
#include <queue>
#include <unordered_map>

#include "common/data/sentence_piece/piece_table.h"

namespace cleave {
namespace {

using Kind = ScoredPiece::Kind;

// Parts of the text, linked, so that a merge is done in place.
struct Part {
  std::string_view text;  // empty: merged into the one before
  std::int32_t previous, next;
  bool kept;  // user-defined: not to be merged
};

struct Pair {
  std::int32_t left, right;
  float score;
  std::size_t bytes;  // of both, when it was found
};
struct Worse {
  bool operator()(const Pair& a, const Pair& b) const {
    return a.score != b.score ? a.score < b.score : a.left > b.left;
  }
};

class Merging {
 public:
  Merging(const PieceTable& pieces, std::string_view text) : pieces_(pieces) {
    while (!text.empty()) {
      const std::size_t kept = pieces.kept().longest_prefix(text);
      const std::size_t bytes = kept > 0 ? kept : first_character(text);
      const auto at = static_cast<std::int32_t>(parts_.size());
      parts_.push_back({text.substr(0, bytes), at - 1, at + 1, kept > 0});
      text.remove_prefix(bytes);
    }
    if (!parts_.empty()) parts_.back().next = -1;
    for (std::int32_t i = 1; i < static_cast<std::int32_t>(parts_.size()); ++i) consider(i - 1, i);
  }

  std::vector<Segment> run() {
    while (!pairs_.empty()) {
      const Pair best = pairs_.top();
      pairs_.pop();
      merge(best);
    }
    std::vector<Segment> out;
    for (std::int32_t i = parts_.empty() ? -1 : 0; i >= 0; i = part(i).next) {
      append_used(part(i).text, out);
    }
    return out;
  }

 private:
  Part& part(std::int32_t i) { return parts_[static_cast<std::size_t>(i)]; }

  void consider(std::int32_t left, std::int32_t right) {
    if (left < 0 || right < 0 || part(left).kept || part(right).kept) return;
    const std::string_view first = part(left).text, second = part(right).text;
    const std::string_view both(first.data(), first.size() + second.size());
    const std::int32_t id = pieces_.found().find(both);
    if (id < 0) return;
    pairs_.push({left, right, pieces_[id].score, both.size()});
    if (pieces_.is(Kind::kUnused, id)) halves_[both] = {first, second};
  }

  void merge(const Pair& pair) {
    Part& left = part(pair.left);
    Part& right = part(pair.right);
    if (left.text.empty() || right.text.empty() ||
        left.text.size() + right.text.size() != pair.bytes) {
      return;  // one of them has been merged otherwise
    }
    left.text = std::string_view(left.text.data(), pair.bytes);
    left.next = right.next;
    if (right.next >= 0) part(right.next).previous = pair.left;
    right.text = {};
    consider(left.previous, pair.left);
    consider(pair.left, left.next);
  }

  // A stack, not recursion: a file may nest its unused pieces as deep as it likes.
  void append_used(std::string_view whole, std::vector<Segment>& out) const {
    std::vector<std::string_view> stack = {whole};
    while (!stack.empty()) {
      const std::string_view text = stack.back();
      stack.pop_back();
      const std::int32_t id = pieces_.id_of(text);
      const auto halves = pieces_.is(Kind::kUnused, id) ? halves_.find(text) : halves_.end();
      if (halves == halves_.end()) {
        out.push_back({text, id});
      } else {
        stack.push_back(halves->second.second);
        stack.push_back(halves->second.first);
      }
    }
  }

  const PieceTable& pieces_;
  std::vector<Part> parts_;
  std::priority_queue<Pair, std::vector<Pair>, Worse> pairs_;
  // What an unused piece was merged from, the last time it was found.
  std::unordered_map<std::string_view, std::pair<std::string_view, std::string_view>> halves_;
};

}  // namespace

std::vector<Segment> segment_by_bpe(const PieceTable& pieces, std::string_view text) {
  return Merging(pieces, text).run();
}

}  // namespace cleave
