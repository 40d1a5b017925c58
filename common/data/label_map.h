// The job's list of labels: turns a label as a file spells it into its index. The list and its
// order come from the job or the model, never from a data file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cleave {

class LabelMap {
 public:
  // Errors: DataError for an empty list or a name that occurs twice.
  explicit LabelMap(std::vector<std::string> names);

  // A name of the list, else an integer in [0, size). Where names are integers themselves, a label
  // is a name or refused: it could be either. `where` is "FILE:LINE" for the message.
  // Errors: DataError that names the place, the label and the list.
  std::int32_t index(std::string_view label, const std::string& where) const;

  // The place that a format's class number is, e.g. MNIST's. Errors: also where the list has this
  // number as the name of another place.
  std::int32_t numbered(std::int32_t number, const std::string& where) const;

  const std::vector<std::string>& names() const { return names_; }
  std::int32_t size() const { return static_cast<std::int32_t>(names_.size()); }

 private:
  std::vector<std::string> names_;
  bool numeric_ = false;  // some name is an integer
};

}  // namespace cleave
