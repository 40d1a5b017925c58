#include "cli/report.h"

#include <fmt/format.h>

#include "server/round_table.h"

namespace cleave {

void print_summary(const Json& summary, const Json& measured) {
  fmt::print("{}{}", summary_text(summary), measured_text(measured));
}

void print_planned_bill(const PlannedBill& planned) {
  fmt::print("{}: {}", planned.exact ? "planned" : "expected", bill_text(planned.bill));
}

void print_evaluation(const Json& evaluation, const std::vector<std::string>& labels) {
  if (evaluation.contains("perplexity")) {
    fmt::print("texts {}\ntokens {}\nnll {:.4f}\nperplexity {:.4f}\n",
               evaluation.at("n").get<std::uint64_t>(),
               evaluation.at("tokens").get<std::uint64_t>(), evaluation.at("nll").get<double>(),
               evaluation.at("perplexity").get<double>());
    return;
  }
  fmt::print("samples {}\naccuracy {:.4f}\nmacro_f1 {:.4f}\nnll {:.4f}\n",
             evaluation.at("n").get<std::uint64_t>(), evaluation.at("accuracy").get<double>(),
             evaluation.at("macro_f1").get<double>(), evaluation.at("nll").get<double>());
  for (std::size_t c = 0; c < labels.size(); ++c) {
    fmt::print("predicted {:<20} {}\n", labels[c],
               evaluation.at("predicted").at(c).get<std::uint64_t>());
  }
}

}  // namespace cleave
