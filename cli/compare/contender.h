// A method as a comparison runs it: sized to an equal number of trained values, with the rates that
// are tried for it. Pure functions of job and model configuration.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/config/job.h"
#include "common/model/model_config.h"

namespace cleave {

struct Contender {
  std::string method;                 // as it was asked for: NAME, or NAME@ROWS
  std::vector<std::string> settings;  // "key=value", over the job
  std::int64_t numbers = 0;           // values that it trains, the tail's left out
  bool within_budget = false;         // by 5 %; else it runs at the job's own size
};

// Errors: DataError where the method has no place in the job.
std::int64_t trained_numbers(const Job& job, const ModelConfig& config);

// The job with a contender's method; "dept@20" also fixes tuning.tokens. Errors: UsageError.
Job with_method(Job job, const std::string& contender);

// The contender at the size nearest to `budget` that the job has room for: by its rank, else by its
// rows, where they are not fixed. DePT and its kin else take two fifths of the budget for the
// prompt, as published.
Contender sized(const Job& job, const ModelConfig& config, const std::string& contender,
                std::int64_t budget);

// Factors of the job's rates that every method is tried with.
std::vector<double> rate_grid(bool quick);
std::vector<std::string> rate_settings(const Job& job, double factor);

}  // namespace cleave
