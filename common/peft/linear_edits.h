// Changes of linear layers' weights, gathered in the order in which they act and folded into fp32
// tensors of the checkpoint's shapes. What scales a layer's input acts before everything else on
// it, and so is folded last.
#pragma once

#include <map>
#include <string>

#include "common/tuning/targets.h"

namespace cleave {

class LinearEdits {
 public:
  // `replaced`: tensors that stand in place of the checkpoint's, biases among them.
  LinearEdits(const TuningContext& context, std::map<std::string, at::Tensor> replaced);

  void add(const Target& target, const at::Tensor& change);          // (out, in)
  void scale_output(const Target& target, const at::Tensor& scale);  // (out), bias included
  void scale_input(const Target& target, const at::Tensor& scale);   // (in)
  void replace(const std::string& name, const at::Tensor& value);

  // Everything that differs, by canonical name.
  std::map<std::string, at::Tensor> take();

 private:
  at::Tensor& weight(const Target& target);

  const TuningContext& context_;
  std::map<std::string, at::Tensor> replaced_;
  std::map<std::string, at::Tensor> weights_;  // by layer, (out, in) in fp64
  std::map<std::string, at::Tensor> inputs_;   // scales, by layer
};

}  // namespace cleave
