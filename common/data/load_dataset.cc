#include "common/data/load_dataset.h"

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/log.h"

namespace cleave {
namespace {

std::optional<TableFormat> table_format(const fs::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".tsv") return TableFormat::kTsv;
  if (extension == ".csv") return TableFormat::kCsv;
  if (extension == ".jsonl") return TableFormat::kJsonl;
  return std::nullopt;
}

Example tokenize(const TextRow& row, const TextInput& input) {
  const std::string_view pair = row.text_pair;
  Encoding encoding =
      input.tokenizer->encode(row.text, row.has_pair ? &pair : nullptr, input.max_length);
  Example example{std::move(encoding.ids), encoding.pair_begin, {}, 0};
  if (input.unread_ending) drop_ending(example, *input.unread_ending);
  return example;
}

bool is_blank(const TextRow& row) {
  return !row.has_pair && row.text.find_first_not_of(" \t\r\v\f") == std::string::npos;
}

Dataset load_texts(const fs::path& path, const TextInput& input, const LabelMap& labels,
                   const DataOptions& options) {
  const auto format = table_format(path);
  if (!format) {
    throw DataError(path.string() +
                    ": unknown text format; expected a file named .tsv, .csv or "
                    ".jsonl");
  }
  Dataset data;
  for (TextRow& row :
       read_text_table(path, {*format, options.columns, options.header, options.group_column})) {
    Example example = tokenize(row, input);
    example.label = labels.index(row.label, path.string() + ":" + std::to_string(row.line));
    data.examples.push_back(std::move(example));
    if (!options.group_column.empty()) data.groups.push_back(std::move(row.group));
  }
  return data;
}

std::vector<ImageRow> read_images(const fs::path& path, const ImageSpec& spec) {
  if (fs::is_directory(path)) return read_image_folder(path, spec);
  if (path.extension() == ".bin") return read_cifar10(path, spec);
  if (path.filename().string().find("-idx3-") != std::string::npos) return read_idx(path, spec);
  throw DataError(path.string() +
                  ": unknown image format; expected CIFAR-10 (.bin), MNIST "
                  "(...images-idx3-ubyte, also .gz) or a folder with one sub-folder per class");
}

}  // namespace

Dataset load_dataset(const fs::path& path, const InputForm& form, const LabelMap& labels,
                     const DataOptions& options) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    throw IoError(error ? "cannot open " + path.string() + ": " + error.message()
                        : "no such file or folder: " + path.string());
  }
  if (const auto* text = std::get_if<TextInput>(&form)) {
    return load_texts(path, *text, labels, options);
  }
  if (table_format(path)) {
    throw DataError(path.string() + " holds text, but the model takes images");
  }
  if (!options.group_column.empty()) {
    throw DataError(path.string() + " has no column \"" + options.group_column +
                    "\": it is images");
  }
  Dataset data;
  for (ImageRow& row : read_images(path, std::get<ImageSpec>(form))) {
    const std::int32_t label = row.label.empty() ? labels.numbered(row.number, row.where)
                                                 : labels.index(row.label, row.where);
    data.examples.push_back({{}, 0, std::move(row.pixels), label});
  }
  return data;
}

Dataset load_unlabelled(const fs::path& path, const InputForm& form, const DataOptions& options) {
  Dataset data;
  if (const auto* text = std::get_if<TextInput>(&form)) {
    const auto format = table_format(path);
    const std::string& group = options.group_column;
    if (!format && !group.empty()) {
      throw DataError(path.string() + " has no column \"" + group +
                      "\": it has one text a line; take a .tsv, .csv or .jsonl");
    }
    auto rows =
        format ? read_text_table(path, {*format, options.columns, options.header, group, false})
               : read_plain_texts(path);
    std::size_t blank = 0;
    for (TextRow& row : rows) {
      if (options.skip_blank && is_blank(row)) {
        ++blank;
        continue;
      }
      data.examples.push_back(tokenize(row, *text));
      if (!group.empty()) data.groups.push_back(std::move(row.group));
    }
    if (data.size() == 0) throw DataError(path.string() + " holds blank lines only");
    if (blank > 0) {
      log_info(path.string() + ": skipped " + std::to_string(blank) + " blank of " +
               std::to_string(rows.size()) + " texts");
    }
    return data;
  }
  const ImageSpec& spec = std::get<ImageSpec>(form);
  const bool many = fs::is_directory(path) || path.extension() == ".bin" ||
                    path.filename().string().find("-idx3-") != std::string::npos;
  if (!many) return {{{{}, 0, read_picture(path, spec), 0}}, {}};
  for (ImageRow& row : read_images(path, spec)) {
    data.examples.push_back({{}, 0, std::move(row.pixels), 0});
  }
  return data;
}

Example make_text_example(const std::string& text, const TextInput& input) {
  TextRow row;
  row.text = text;
  return tokenize(row, input);
}

}  // namespace cleave
