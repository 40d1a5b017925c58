#include "cli/report.h"

#include <fmt/format.h>

#include "cli/progress.h"

namespace cleave {
namespace {

void print_accuracy(const Json& summary, const char* key, const char* label) {
  if (summary.contains(key)) fmt::print("{:<34} {:.4f}\n", label, summary.at(key).get<double>());
}

void print_kinds(const Json& bytes) {
  fmt::print("{:<16} {:>5} {:>9} {:>16}\n", "bytes by kind", "", "frames", "payload");
  for (const char* direction : {"up", "down"}) {
    for (const auto& [kind, pair] : bytes.at("by_kind").at(direction).items()) {
      fmt::print("  {:<14} {:>5} {:>9} {:>16}\n", kind, direction, pair.at(0).get<std::uint64_t>(),
                 pair.at(1).get<std::uint64_t>());
    }
  }
}

}  // namespace

void print_summary(const Json& summary, const Json& measured) {
  fmt::print("status {}\n", summary.at("status").get<std::string>());
  print_accuracy(summary, "dev_accuracy", "dev accuracy");
  print_accuracy(summary, "dev_accuracy_last_five", "dev accuracy, mean of last five");
  print_accuracy(summary, "test_accuracy", "test accuracy");
  print_accuracy(summary, "control_dev_accuracy", "control, centralised");
  print_accuracy(summary, "control_resets_dev_accuracy", "control, optimiser reset each pass");
  print_accuracy(summary, "control_continuous_dev_accuracy", "control, continuous with decay");
  const Json& bytes = summary.at("bytes");
  print_kinds(bytes);
  const auto total = bytes.at("total").get<std::uint64_t>();
  fmt::print("training payload {} ({}), closed form {}: {}\n", total,
             human_bytes(static_cast<double>(total)), bytes.at("closed_form").get<std::uint64_t>(),
             bytes.at("equal_to_closed_form").get<bool>()
                 ? "equal to the byte"
                 : "THEY DIFFER: " + bytes.at("difference").get<std::string>());
  fmt::print("client work {:.3g} FLOP, body work {:.3g} FLOP\n",
             summary.at("client_flops").get<double>(), summary.at("body_flops").get<double>());
  fmt::print("peak RSS {} MB, {} threads, {}, {:.1f} s\n", measured.at("peak_rss_mb").get<int>(),
             measured.at("threads").get<int>(), measured.at("blas").get<std::string>(),
             measured.at("wall_seconds").get<double>());
}

void print_evaluation(const Json& evaluation, const std::vector<std::string>& labels) {
  fmt::print("samples {}\naccuracy {:.4f}\nmacro_f1 {:.4f}\nnll {:.4f}\n",
             evaluation.at("n").get<std::uint64_t>(), evaluation.at("accuracy").get<double>(),
             evaluation.at("macro_f1").get<double>(), evaluation.at("nll").get<double>());
  for (std::size_t c = 0; c < labels.size(); ++c) {
    fmt::print("predicted {:<20} {}\n", labels[c],
               evaluation.at("predicted").at(c).get<std::uint64_t>());
  }
}

}  // namespace cleave
