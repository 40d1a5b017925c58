#include "common/data/metaspace_bpe.h"

#include <algorithm>
#include <array>

#include "common/base/error.h"
#include "common/data/sentence_piece/piece_normalizer.h"

namespace cleave {
namespace {

std::string byte_piece(int byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return std::string("<0x") + kDigits[static_cast<std::size_t>(byte >> 4)] +
         kDigits[static_cast<std::size_t>(byte & 15)] + '>';
}

std::string marked(std::string_view text) {
  std::string out;
  for (const char c : text) c == ' ' ? out += kSpaceMark : out += c;
  return out;
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

void append_valid(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    const std::size_t character = valid_character(bytes);
    out += character > 0 ? bytes.substr(0, character) : kReplacement;
    bytes.remove_prefix(std::max<std::size_t>(1, character));
  }
}

}  // namespace

MetaspaceBpe::MetaspaceBpe(Vocabulary vocabulary, const Merges& merges, Metaspace prefix)
    : ids_(std::move(vocabulary)), merges_(ids_, merges), prefix_(prefix) {
  for (const auto& [piece, id] : ids_) pieces_[id] = piece;
  for (int byte = 0; byte < 256; ++byte) {
    byte_ids_[byte] = piece_id(ids_, byte_piece(byte));
    bytes_[byte_ids_[byte]] = static_cast<char>(byte);
  }
}

void MetaspaceBpe::set_silent(std::vector<std::int32_t> ids) {
  std::sort(ids.begin(), ids.end());
  silent_ = std::move(ids);
}

std::string MetaspaceBpe::normalized(std::string_view text) const {
  if (prefix_ != Metaspace::kPrepend || text.empty()) return std::string(text);
  return std::string(kSpaceMark) + marked(text);
}

void MetaspaceBpe::segment(std::string_view text, bool at_start,
                           std::vector<std::int32_t>& out) const {
  std::string whole = marked(text);
  const bool wanted = prefix_ == Metaspace::kAlways || (prefix_ == Metaspace::kFirst && at_start);
  if (wanted && whole.compare(0, kSpaceMark.size(), kSpaceMark) != 0) {
    whole.insert(0, kSpaceMark);
  }
  std::vector<std::int32_t> word;
  for (std::size_t i = 0; i < whole.size();) {
    const std::size_t bytes =
        std::max<std::size_t>(1, valid_character(std::string_view(whole).substr(i)));
    const auto found = ids_.find(whole.substr(i, bytes));
    if (found != ids_.end()) {
      word.push_back(found->second);
    } else {
      for (std::size_t b = i; b < i + bytes; ++b) {
        word.push_back(byte_ids_[static_cast<std::uint8_t>(whole[b])]);
      }
    }
    i += bytes;
  }
  merges_.apply(word);
  out.insert(out.end(), word.begin(), word.end());
}

std::string MetaspaceBpe::text(std::span<const std::int32_t> ids) const {
  std::string spelt, out;
  for (const std::int32_t id : ids) {
    if (std::binary_search(silent_.begin(), silent_.end(), id)) continue;
    if (const auto byte = bytes_.find(id); byte != bytes_.end()) {
      spelt += byte->second;
    } else if (const auto piece = pieces_.find(id); piece != pieces_.end()) {
      spelt += piece->second;
    }
  }
  for (std::size_t mark = 0; (mark = spelt.find(kSpaceMark, mark)) != std::string::npos; ++mark) {
    spelt.replace(mark, kSpaceMark.size(), " ");
  }
  std::string_view rest = spelt;
  if (prefix_ != Metaspace::kNever && !rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  append_valid(rest, out);
  return out;
}

Merges merges_of(const std::vector<std::string>& pieces) {
  std::unordered_map<std::string_view, std::size_t> ids;
  for (std::size_t id = 0; id < pieces.size(); ++id) ids[pieces[id]] = id;
  using Way = std::array<std::size_t, 5>;  // whole, characters of each half, halves
  std::vector<Way> ways;
  for (const auto& [piece, whole] : ids) {
    for (std::size_t end = 1; end < piece.size(); ++end) {
      const auto left = ids.find(piece.substr(0, end)), right = ids.find(piece.substr(end));
      if (left == ids.end() || right == ids.end()) continue;
      ways.push_back({whole, characters_in(left->first), characters_in(right->first), left->second,
                      right->second});
    }
  }
  std::sort(ways.begin(), ways.end());
  Merges merges;
  for (const Way& way : ways) merges.emplace_back(pieces[way[3]], pieces[way[4]]);
  return merges;
}

}  // namespace cleave
