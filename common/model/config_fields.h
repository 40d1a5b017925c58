// Reading a model folder's config.json as transformers does: keys with transformers' defaults,
// those of every family, and those without influence on what a model computes. The keys of one
// family are its own file's business.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/json_fields.h"

namespace cleave {

// Errors: IoError; DataError when the file holds no JSON object, a key twice, or a request to run
// code of the folder: see common/base/strict_json.h.
JsonFields open_config(const std::filesystem::path& file);

// The key, or `fallback` where it is absent or null. Errors of all: DataError naming file and key.
std::int64_t size_or(JsonFields& config, const std::string& key, std::int64_t fallback);
std::int64_t index_or(JsonFields& config, const std::string& key, std::int64_t fallback);
double number_or(JsonFields& config, const std::string& key, double fallback);  // not negative
// The side of a square: one number, or twice the same.
std::int64_t side_or(JsonFields& config, const std::string& key, std::int64_t fallback);
// A size under either of two names. Errors also where both are there and differ.
std::int64_t size_or(JsonFields& config, const std::string& key, const std::string& other,
                     std::int64_t fallback);

// What the folder's own classifier is for: the names of id2label in order of the ids, or LABEL_0
// ... where only num_labels is there; empty where it has no classes of its own. `task_class` is the
// family's class for classification, "BertForSequenceClassification". Errors: DataError naming the
// key for an architecture of another family or whose output layer has another meaning under the
// same name, for regression and several labels a sample.
std::vector<std::string> read_labels(JsonFields& config, std::string_view task_class);

// Marks as read what every family's file may hold without influence on a forward step.
void ignore_harmless(JsonFields& config);

}  // namespace cleave
