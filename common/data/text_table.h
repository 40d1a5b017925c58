// Rows of text files: TSV, CSV (RFC 4180) and JSON lines, as strings with their line numbers.
// It does not tokenize and knows no label list.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cleave {

enum class TableFormat { kTsv, kCsv, kJsonl };

struct TableOptions {
  TableFormat format = TableFormat::kTsv;
  // Names of the columns in order (TSV, CSV). Empty: from the header where there is one, else
  // "text", "label" or "text", "text_pair", "label" by their number. JSON lines carry names.
  std::vector<std::string> columns;
  bool header = false;
  std::string group_column;  // also kept, for partition = "column:NAME"; empty: none
  bool labelled = true;      // false: the label column may be missing
};

struct TextRow {
  std::string text;
  std::string text_pair;
  bool has_pair = false;
  std::string label;
  std::string group;
  std::uint64_t line = 0;  // 1-based, of the row's first character
};

// Errors: IoError, DataError naming file and line (empty file, missing column, a column or key
// twice, bad quoting, a first row of column names without `header`, another encoding than UTF-8, a
// text above 1 MiB).
std::vector<TextRow> read_text_table(const std::filesystem::path& path,
                                     const TableOptions& options);

// A file with one text a line and no labels, for predictions; a second column is the pair's text.
std::vector<TextRow> read_plain_texts(const std::filesystem::path& path);

}  // namespace cleave
