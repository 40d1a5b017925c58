// From a file or folder to a Dataset: picks the reader by the path, tokenizes text, maps labels.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/data/example.h"
#include "common/data/image_files.h"
#include "common/data/label_map.h"
#include "common/data/text_table.h"
#include "common/data/tokenizer.h"

namespace cleave {

// How a model takes its input: words or pictures.
struct TextInput {
  const Tokenizer* tokenizer = nullptr;
  std::int64_t max_length = 128;  // token ids, special ones included
  // An id that the model passes over at a text's end.
  std::optional<std::int64_t> unread_ending = std::nullopt;
};
using InputForm = std::variant<TextInput, ImageSpec>;

struct DataOptions {
  std::vector<std::string> columns;
  bool header = false;
  std::string group_column;
  bool skip_blank = false;  // texts of nothing but spaces are left out, and counted in the log
};

// Errors: IoError, DataError (unknown format, a label outside the list, images for a text model).
Dataset load_dataset(const std::filesystem::path& path, const InputForm& form,
                     const LabelMap& labels, const DataOptions& options);

// Unlabelled inputs for prediction: a text file with one text a line (a tab begins the pair's
// text), a table whose labels are ignored and may be missing, or pictures. Labels are 0.
Dataset load_unlabelled(const std::filesystem::path& path, const InputForm& form,
                        const DataOptions& options = {});
Example make_text_example(const std::string& text, const TextInput& input);

}  // namespace cleave
