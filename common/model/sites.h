// Where a tunable can act inside a model. Empty sites leave the model as it is stored; what acts at
// them is the business of common/tuning.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/model/rows.h"

namespace cleave {

// Around a linear layer.
struct LinearSite {
  std::function<at::Tensor(const at::Tensor& x)> before;                      // (R, in)
  std::function<at::Tensor(const at::Tensor& x, const at::Tensor& y)> after;  // (R, out)
};

// Rows that every sample's attention sees before its own, unrotated: (P, K d) each.
struct KeyValues {
  at::Tensor key, value;
  std::int64_t rows() const { return key.defined() ? key.size(0) : 0; }
};

// Changes rows, inserts or removes some.
using RowsSite = std::function<Rows(const Rows&)>;

struct Sites {
  std::map<std::string, at::Tensor> stored;  // instead of the checkpoint's tensor of that name
  std::map<std::string, std::vector<LinearSite>> linear;   // by the layer's name
  std::map<std::int64_t, KeyValues> prefix;                // by block
  std::int64_t first_position = 0;                         // of every text: what a prefix takes
  std::vector<RowsSite> words;                             // before position, type and norm
  std::vector<RowsSite> embedded;                          // after them
  std::map<std::int64_t, std::vector<RowsSite>> entering;  // by block
  std::vector<RowsSite> leaving_head, leaving_body;        // what crosses at the two cuts
};

}  // namespace cleave
