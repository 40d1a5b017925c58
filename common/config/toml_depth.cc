#include "common/config/toml_depth.h"

#include <algorithm>

#include "common/base/error.h"

namespace cleave {
namespace {

constexpr int kMaxDepth = 16;  // a table, a key, a list: 3 would do

// Walks over text outside of strings and comments. Where the text is no TOML, the parser stops
// there, so that what follows need not be understood.
class Scanner {
 public:
  Scanner(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  void run() {
    while (!text_.empty()) {
      const char c = text_.front();
      if (c == '"' || c == '\'') {
        skip_string(c);
      } else if (c == '#') {
        skip(std::min(text_.find('\n'), text_.size()));
      } else {
        see(c);
        skip(1);
      }
    }
  }

 private:
  void see(char c) {
    if (c == '[' || c == '{') ++brackets_;
    if (c == ']' || c == '}') brackets_ = std::max(0, brackets_ - 1);
    dots_ = c == '.' ? dots_ + 1 : ends_a_key(c) ? 0 : dots_;
    if (brackets_ <= kMaxDepth && dots_ <= kMaxDepth) return;
    throw DataError(file_ + ":" + std::to_string(line_) + ": nests more than " +
                    std::to_string(kMaxDepth) + " deep; all keys are in docs/job.md");
  }
  static bool ends_a_key(char c) {
    return c == '\n' || c == '=' || c == ',' || c == '[' || c == '{' || c == ']' || c == '}';
  }

  // A string that its line or the text ends is the parser's to refuse.
  void skip_string(char quote) {
    const bool multi = text_.size() >= 3 && text_[1] == quote && text_[2] == quote;
    const std::string mark(multi ? 3 : 1, quote);
    skip(mark.size());
    while (!text_.empty() && text_.substr(0, mark.size()) != mark) {
      if (!multi && text_.front() == '\n') return;
      skip(quote == '"' && text_.front() == '\\' ? std::min<std::size_t>(2, text_.size()) : 1);
    }
    skip(std::min(mark.size(), text_.size()));
    // Up to two quotes may stand before the three that end a string.
    for (int i = 0; multi && i < 2 && !text_.empty() && text_.front() == quote; ++i) skip(1);
  }

  void skip(std::size_t count) {
    line_ += std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(count), '\n');
    text_.remove_prefix(count);
  }

  std::string_view text_;
  const std::string& file_;
  std::ptrdiff_t line_ = 1;
  int brackets_ = 0, dots_ = 0;
};

}  // namespace

void check_toml_depth(std::string_view text, const std::string& file) { Scanner(text, file).run(); }

}  // namespace cleave
