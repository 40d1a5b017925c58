#include "client/load_data.h"

#include "common/base/error.h"
#include "common/model/architecture.h"

namespace cleave {

InputForm input_form(const JobParts& parts, const Tokenizer* tokenizer) {
  if (parts.config.is_image()) return parts.config.images.spec;
  TextInput input{tokenizer, parts.form.max_text_rows};
  // Behind a prompt transformers' classes see no ids, and read the last row whatever it is.
  if (parts.form.plan.rows == 0) {
    input.unread_ending = unread_ending(parts.config, *parts.architecture, parts.pool);
  }
  return input;
}

Dataset load_data(const std::filesystem::path& path, const JobParts& parts, const InputForm& form,
                  const LabelMap& labels, const DataOptions& options) {
  if (parts.task == Task::kClassification) return load_dataset(path, form, labels, options);
  DataOptions texts = options;
  texts.skip_blank = true;  // a file's empty last line is no text to continue
  Dataset data = load_unlabelled(path, form, texts);
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data.examples[i].ids.size() > 1) continue;
    throw DataError(path.string() + ": text " + std::to_string(i + 1) +
                    " has fewer than two tokens: a language model has nothing to predict in it");
  }
  return data;
}

}  // namespace cleave
