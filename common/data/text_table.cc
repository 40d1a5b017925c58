#include "common/data/text_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/nearest.h"
#include "common/data/text_bytes.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxTableBytes = std::uint64_t{4} << 30;
// No model reads more of a text, and a file without line ends is not worked on for minutes.
constexpr std::size_t kMaxText = 1 << 20, kMaxLine = 4 << 20;
constexpr std::size_t kMaxColumns = 1024;

using Fields = std::vector<std::string>;

std::string place(const fs::path& path, std::uint64_t line) {
  return path.string() + ":" + std::to_string(line);
}

// Walks over a whole file line by line, without the line ends and a byte order mark in front.
class Lines {
 public:
  Lines(std::string_view content, const fs::path& path) : path_(path), rest_(content) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (rest_.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
      rest_.remove_prefix(kByteOrderMark.size());
    }
  }
  // Errors: DataError for a line that is longer than any row.
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    ++number_;
    if (line.size() > kMaxLine) {
      throw DataError(place(path_, number_) + ": a line of " + std::to_string(line.size()) +
                      " bytes; lines have at most " + std::to_string(kMaxLine) +
                      ": one sample a line");
    }
    return line;
  }
  std::uint64_t number() const { return number_; }

 private:
  const fs::path& path_;
  std::string_view rest_;
  std::uint64_t number_ = 0;
};

void check_count(std::size_t columns, const std::string& where) {
  if (columns <= kMaxColumns) return;
  throw DataError(where + ": more than " + std::to_string(kMaxColumns) + " columns");
}

Fields split_tabs(std::string_view line, const std::string& where) {
  Fields fields;
  for (std::size_t begin = 0;;) {
    const std::size_t tab = line.find('\t', begin);
    fields.emplace_back(line.substr(begin, tab - begin));
    check_count(fields.size(), where);
    if (tab == std::string_view::npos) return fields;
    begin = tab + 1;
  }
}

// One CSV record, which may span lines inside quotes; advances `lines` past it.
Fields parse_csv(std::string_view line, Lines& lines, const std::string& where) {
  Fields fields(1);
  bool quoted = false;
  for (std::size_t i = 0;;) {
    if (i == line.size()) {
      if (!quoted) return fields;
      const auto more = lines.next();
      if (!more) throw DataError(where + ": a quoted field never ends");
      if (fields.back().size() > kMaxText) {
        throw DataError(where + ": a quoted field of more than " + std::to_string(kMaxText) +
                        " bytes; is its last quote missing?");
      }
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
          throw DataError(where +
                          ": text after the end of a quoted field; a quote inside quotes is "
                          "written twice");
        }
      }
    } else if (!quoted && c == '"' && fields.back().empty()) {
      quoted = true;
    } else if (!quoted && c == ',') {
      fields.emplace_back();
      check_count(fields.size(), where);
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

// Column names that data sets use, beside those that have a meaning here.
constexpr std::string_view kUsualNames[] = {
    "text",     "text_pair", "label",  "labels", "sentence", "sentence1",  "sentence2", "premise",
    "question", "passage",   "answer", "review", "title",    "content",    "document",  "class",
    "category", "target",    "id",     "idx",    "index",    "hypothesis", "label_text"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// Whether every cell of the first row is the name of a column, given or usual: no sample is.
bool is_header(const Fields& fields, const Fields& columns) {
  return std::all_of(fields.begin(), fields.end(), [&](const std::string& field) {
    return std::find(columns.begin(), columns.end(), field) != columns.end() ||
           std::find(std::begin(kUsualNames), std::end(kUsualNames), lower(field)) !=
               std::end(kUsualNames);
  });
}

// Puts one field where its column says. Unknown columns are left out.
void assign(TextRow& row, const std::string& column, std::string value, const TableOptions& options,
            const std::string& where) {
  if (value.size() > kMaxText) {
    throw DataError(where + ": " + column + " has " + std::to_string(value.size()) +
                    " bytes; at most " + std::to_string(kMaxText) +
                    " are read: split the text, of which a model reads data.max_length tokens");
  }
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
  for (auto name = columns.begin(); name != columns.end(); ++name) {
    if (std::find(columns.begin(), name, *name) == name) continue;
    throw DataError(where + ": the column \"" + name->substr(0, 60) +
                    "\" twice; name each once (see data.columns, data.header)");
  }
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
  Lines lines(content, path);
  bool first = true;
  while (const auto line = lines.next()) {
    TextRow row;
    row.line = lines.number();
    if (line->empty()) continue;
    const std::string where = place(path, row.line);
    Fields fields = options.format == TableFormat::kTsv ? split_tabs(*line, where)
                                                        : parse_csv(*line, lines, where);
    if (std::exchange(first, false)) {
      if (!options.header && is_header(fields, columns)) {
        throw DataError(where +
                        ": the first row holds the names of columns, and no sample: set "
                        "data.header = true, or remove it");
      }
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
      assign(row, columns[i], std::move(fields[i]), options, where);
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

// Errors: DataError for what is no object, and for a key twice, of which parsers keep the last.
nlohmann::json parse_line(std::string_view line, const std::string& where) {
  std::vector<std::string> keys;
  const auto watch = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    if (depth != 1 || event != nlohmann::json::parse_event_t::key) return true;
    keys.push_back(parsed.get<std::string>());
    check_count(keys.size(), where);
    return true;
  };
  try {
    nlohmann::json object = nlohmann::json::parse(line, watch);
    if (!object.is_object()) throw DataError(where + ": expected a JSON object");
    if (keys.size() == object.size()) return object;
  } catch (const nlohmann::json::exception& error) {
    throw DataError(where + ": not valid JSON (" + error.what() + ")");
  }
  std::sort(keys.begin(), keys.end());
  throw DataError(where + ": the key \"" +
                  std::adjacent_find(keys.begin(), keys.end())->substr(0, 60) + "\" twice");
}

std::vector<TextRow> read_jsonl(std::string_view content, const fs::path& path,
                                const TableOptions& options) {
  std::vector<TextRow> rows;
  Lines lines(content, path);
  while (const auto line = lines.next()) {
    if (line->find_first_not_of(" \t") == std::string_view::npos) continue;
    const std::string where = place(path, lines.number());
    const nlohmann::json object = parse_line(*line, where);
    TextRow row;
    row.line = lines.number();
    Fields columns;
    for (const auto& [name, value] : object.items()) {
      columns.push_back(name);
      const bool used =
          name == "text" || name == "text_pair" || name == "label" || name == options.group_column;
      if (!used) continue;
      assign(row, name, json_text(value, where + ", key \"" + name + "\""), options, where);
    }
    require_columns(columns, options, where);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string read_text(const fs::path& path) {
  std::string content = read_file(path, kMaxTableBytes);
  require_utf8(content, path.string());
  return content;
}

}  // namespace

std::vector<TextRow> read_text_table(const fs::path& path, const TableOptions& options) {
  const std::string content = read_text(path);
  std::vector<TextRow> rows = options.format == TableFormat::kJsonl
                                  ? read_jsonl(content, path, options)
                                  : read_separated(content, path, options);
  if (rows.empty()) throw DataError(path.string() + " holds no rows");
  return rows;
}

std::vector<TextRow> read_plain_texts(const fs::path& path) {
  const std::string content = read_text(path);
  std::vector<TextRow> rows;
  Lines lines(content, path);
  while (const auto line = lines.next()) {
    TextRow row;
    row.line = lines.number();
    const std::string where = place(path, row.line);
    Fields fields = split_tabs(*line, where);
    if (fields.size() > 2) {
      throw DataError(where + ": " + std::to_string(fields.size()) +
                      " columns; a line holds a text, or two that a tab parts");
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      assign(row, i == 0 ? "text" : "text_pair", std::move(fields[i]), {}, where);
    }
    rows.push_back(std::move(row));
  }
  if (rows.empty()) throw DataError(path.string() + " holds no lines");
  return rows;
}

}  // namespace cleave
