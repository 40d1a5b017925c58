#include "common/data/text_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/nearest.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxTableBytes = std::uint64_t{4} << 30;

using Fields = std::vector<std::string>;

std::string place(const fs::path& path, std::uint64_t line) {
  return path.string() + ":" + std::to_string(line);
}

// Walks over a whole file line by line, without the line ends and a byte order mark in front.
class Lines {
 public:
  explicit Lines(std::string_view content) : rest_(content) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (rest_.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
      rest_.remove_prefix(kByteOrderMark.size());
    }
  }
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    ++number_;
    return line;
  }
  std::uint64_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::uint64_t number_ = 0;
};

Fields split_tabs(std::string_view line) {
  Fields fields;
  for (std::size_t begin = 0;;) {
    const std::size_t tab = line.find('\t', begin);
    fields.emplace_back(line.substr(begin, tab - begin));
    if (tab == std::string_view::npos) return fields;
    begin = tab + 1;
  }
}

// One CSV record, which may span lines inside quotes; advances `lines` past it.
Fields parse_csv(std::string_view line, Lines& lines, const fs::path& path) {
  const std::uint64_t first_line = lines.number();
  Fields fields(1);
  bool quoted = false;
  for (std::size_t i = 0;;) {
    if (i == line.size()) {
      if (!quoted) return fields;
      const auto more = lines.next();
      if (!more) throw DataError(place(path, first_line) + ": a quoted field never ends");
      fields.back() += '\n';
      line = *more;
      i = 0;
      continue;
    }
    const char c = line[i++];
    if (quoted && c == '"') {
      if (i < line.size() && line[i] == '"') {
        fields.back() += '"';
        ++i;
      } else {
        quoted = false;
        if (i < line.size() && line[i] != ',') {
          throw DataError(place(path, first_line) +
                          ": text after the end of a quoted field; a quote inside quotes is "
                          "written twice");
        }
      }
    } else if (!quoted && c == '"' && fields.back().empty()) {
      quoted = true;
    } else if (!quoted && c == ',') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
}

Fields default_columns(std::size_t count, bool labelled, const std::string& where) {
  if (count == 1 && !labelled) return {"text"};
  if (count == 2) return {"text", "label"};
  if (count == 3) return {"text", "text_pair", "label"};
  throw DataError(where + ": " + std::to_string(count) +
                  " columns; name them in order with data.columns, e.g. [\"text\", \"label\"]");
}

// Puts one field where its column says. Unknown columns are left out.
void assign(TextRow& row, const std::string& column, std::string value,
            const TableOptions& options) {
  if (!options.group_column.empty() && column == options.group_column) row.group = value;
  if (column == "text") {
    row.text = std::move(value);
  } else if (column == "text_pair") {
    row.text_pair = std::move(value);
    row.has_pair = true;
  } else if (column == "label") {
    row.label = std::move(value);
  }
}

void require_columns(const Fields& columns, const TableOptions& options, const std::string& where) {
  std::vector<std::string_view> known(columns.begin(), columns.end());
  Fields needed = {"text"};
  if (options.labelled) needed.push_back("label");
  if (!options.group_column.empty()) needed.push_back(options.group_column);
  for (const std::string& name : needed) {
    if (std::find(columns.begin(), columns.end(), name) == columns.end()) {
      throw DataError(where + ": no column \"" + name + "\"" + did_you_mean(name, known) +
                      "; the columns are named " + one_of(known) +
                      " (see data.columns, data.header)");
    }
  }
}

std::vector<TextRow> read_separated(std::string_view content, const fs::path& path,
                                    const TableOptions& options) {
  std::vector<TextRow> rows;
  Fields columns = options.columns;
  Lines lines(content);
  bool first = true;
  while (const auto line = lines.next()) {
    TextRow row;
    row.line = lines.number();
    if (line->empty()) continue;
    Fields fields =
        options.format == TableFormat::kTsv ? split_tabs(*line) : parse_csv(*line, lines, path);
    const std::string where = place(path, row.line);
    if (std::exchange(first, false)) {
      if (columns.empty()) {
        columns = options.header ? fields : default_columns(fields.size(), options.labelled, where);
      }
      require_columns(columns, options, where);
      if (options.header) continue;
    }
    if (fields.size() != columns.size()) {
      throw DataError(where + ": " + std::to_string(fields.size()) + " columns where " +
                      std::to_string(columns.size()) + " are expected");
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      assign(row, columns[i], std::move(fields[i]), options);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string json_text(const nlohmann::json& value, const std::string& where) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer() || value.is_boolean()) return value.dump();
  throw DataError(where + ": expected a string or an integer, found " + value.type_name());
}

std::vector<TextRow> read_jsonl(std::string_view content, const fs::path& path,
                                const TableOptions& options) {
  std::vector<TextRow> rows;
  Lines lines(content);
  while (const auto line = lines.next()) {
    if (line->find_first_not_of(" \t") == std::string_view::npos) continue;
    const std::string where = place(path, lines.number());
    nlohmann::json object;
    try {
      object = nlohmann::json::parse(*line);
    } catch (const nlohmann::json::exception& error) {
      throw DataError(where + ": not valid JSON (" + error.what() + ")");
    }
    if (!object.is_object()) throw DataError(where + ": expected a JSON object");
    TextRow row;
    row.line = lines.number();
    Fields columns;
    for (const auto& [name, value] : object.items()) {
      columns.push_back(name);
      const bool used =
          name == "text" || name == "text_pair" || name == "label" || name == options.group_column;
      if (used) assign(row, name, json_text(value, where + ", key \"" + name + "\""), options);
    }
    require_columns(columns, options, where);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

std::vector<TextRow> read_text_table(const fs::path& path, const TableOptions& options) {
  const std::string content = read_file(path, kMaxTableBytes);
  std::vector<TextRow> rows = options.format == TableFormat::kJsonl
                                  ? read_jsonl(content, path, options)
                                  : read_separated(content, path, options);
  if (rows.empty()) throw DataError(path.string() + " holds no rows");
  return rows;
}

std::vector<TextRow> read_plain_texts(const fs::path& path) {
  const std::string content = read_file(path, kMaxTableBytes);
  std::vector<TextRow> rows;
  Lines lines(content);
  while (const auto line = lines.next()) {
    Fields fields = split_tabs(*line);
    TextRow row;
    row.line = lines.number();
    row.text = std::move(fields[0]);
    row.has_pair = fields.size() > 1;
    if (row.has_pair) row.text_pair = std::move(fields[1]);
    rows.push_back(std::move(row));
  }
  if (rows.empty()) throw DataError(path.string() + " holds no lines");
  return rows;
}

}  // namespace cleave
