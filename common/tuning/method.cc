#include "common/tuning/method.h"

#include <algorithm>
#include <charconv>

#include "common/base/error.h"
#include "common/base/nearest.h"
#include "common/tuning/methods/methods.h"

namespace cleave {
namespace {

const Method* const kMethods[] = {
    &kPrompt, &kDept, &kEptStyle, &kAdept,  &kDpt,     &kUlpt, &kPTuning, &kDeep,
    &kPrefix, &kLora, &kSvfit,    &kBitfit, &kDifffit, &kNorm, &kIa3,     &kVera,
};

const Method& find_method(std::string_view name) {
  for (const Method* method : kMethods) {
    if (method->name == name) return *method;
  }
  std::string known;
  for (const std::string_view other : method_names()) {
    known += (known.empty() ? "" : ", ") + std::string(other);
  }
  throw DataError("tuning.method: there is no method \"" + std::string(name) + "\"" +
                  did_you_mean(name, method_names()) + "; there are " + known +
                  ", and several joined by +");
}

// A method's rows and factors are there, but for those of a method that may lack one of them.
void check_sizes(const Job& job, const Method& method) {
  const auto& t = job.tuning;
  const bool no_rows = t.tokens == 0 && reads_key(method, "tokens");
  const bool no_factors = t.rank == 0 && reads_key(method, "rank");
  if (no_rows + no_factors <= (method.may_lack_part ? 1 : 0)) return;
  throw DataError("tuning." + std::string(no_rows ? "tokens" : "rank") +
                  " = 0 leaves nothing of \"" + std::string(method.name) +
                  "\" to train; set it to at least 1");
}

}  // namespace

bool reads_key(const Method& method, std::string_view key) {
  for (std::size_t begin = 0; begin < method.reads.size();) {
    const std::size_t end = std::min(method.reads.find(' ', begin), method.reads.size());
    if (method.reads.substr(begin, end - begin) == key) return true;
    begin = end + 1;
  }
  return false;
}

std::vector<std::string_view> method_names() {
  std::vector<std::string_view> names;
  for (const Method* method : kMethods) names.push_back(method->name);
  return names;
}

std::vector<const Method*> find_methods(const std::string& names) {
  std::vector<const Method*> methods;
  for (std::size_t begin = 0; begin <= names.size();) {
    const std::size_t end = std::min(names.find('+', begin), names.size());
    const Method& method = find_method(std::string_view(names).substr(begin, end - begin));
    if (std::find(methods.begin(), methods.end(), &method) != methods.end()) {
      throw DataError("tuning.method: \"" + std::string(method.name) + "\" is named twice");
    }
    const auto other = std::find_if(methods.begin(), methods.end(), [&](const Method* known) {
      return known->vectors && method.vectors;
    });
    if (other != methods.end()) {
      throw DataError("tuning.method: \"" + std::string((*other)->name) + "\" and \"" +
                      std::string(method.name) +
                      "\" train the same vectors; take one of them (\"difffit\" trains biases and "
                      "norms)");
    }
    methods.push_back(&method);
    begin = end + 1;
  }
  return methods;
}

at::Tensor DerivedTensors::operator()(const std::string& name,
                                      const std::function<at::Tensor()>& make) {
  const std::lock_guard lock(turn_);
  at::Tensor& tensor = known_[name];
  if (!tensor.defined()) tensor = make();
  return tensor;
}

std::vector<Tunable> all_tunables(const TuningContext& context) {
  std::vector<Tunable> all;
  for (const Method* method : find_methods(context.job.tuning.method)) {
    check_sizes(context.job, *method);
    for (Tunable& tunable : method->tunables(context)) all.push_back(std::move(tunable));
  }
  return all;
}

AddedProducts& AddedProducts::operator+=(const AddedProducts& other) {
  forward += other.forward;
  backward += other.backward;
  kept += other.kept;
  return *this;
}

MethodWork method_work(const TuningContext& context) {
  MethodWork work;
  for (const Method* method : find_methods(context.job.tuning.method)) {
    if (method->work) method->work(context, work);
  }
  return work;
}

RowsPlan rows_plan(const TuningContext& context) {
  RowsPlan plan;
  std::int64_t first_position = 0, positions = 0;
  std::string_view inserts;
  for (const Method* method : find_methods(context.job.tuning.method)) {
    if (!method->rows) continue;
    const RowsPlan own = method->rows(context);
    first_position += own.first_position;
    positions += own.positions;
    if (own.rows == 0) continue;
    if (!inserts.empty()) {
      throw DataError("tuning.method: \"" + std::string(inserts) + "\" and \"" +
                      std::string(method->name) + "\" both add rows; take one of them");
    }
    inserts = method->name;
    plan = own;
  }
  plan.first_position = first_position;
  plan.positions = positions;
  return plan;
}

std::int64_t text_rows(const TuningContext& context) {
  if (context.config.is_image()) return context.config.patches() + 1;
  const std::int64_t room = context.config.positions - rows_plan(context).positions;
  if (room < 1) {
    throw DataError("tuning.tokens = " + std::to_string(context.job.tuning.tokens) +
                    " leaves no room for text in the model's " +
                    std::to_string(context.config.positions) + " positions; lower it");
  }
  return std::min(context.job.data.max_length, room);
}

std::vector<FactorPair> factor_pairs(const TuningContext& context) {
  std::vector<FactorPair> all;
  for (const Method* method : find_methods(context.job.tuning.method)) {
    if (!method->factors) continue;
    for (FactorPair& pair : method->factors(context)) all.push_back(std::move(pair));
  }
  return all;
}

Sites sites_over(const TuningContext& context, const State& state) {
  Sites sites;
  sites.first_position = rows_plan(context).first_position;
  for (const Method* method : find_methods(context.job.tuning.method)) {
    method->act(context, state, sites);
  }
  return sites;
}

std::set<std::string> held_entries(const TuningContext& context) {
  const std::string& rule = context.job.federation.aggregation;
  std::set<std::string> held;
  if (rule != "freeze_a" && !adds_to_base(rule)) return held;  // asked for at every round's start
  for (const FactorPair& pair : factor_pairs(context)) {
    if (rule == "freeze_a") held.insert(pair.fixed());
    if (!pair.base_change.empty()) held.insert(pair.base_change);
  }
  return held;
}

State trainable_part(const TuningContext& context, const State& start) {
  State state = trainable(start);
  for (const std::string& name : held_entries(context)) {
    if (state.has(name)) at::Tensor(state.at(name)).requires_grad_(false);
  }
  return state;
}

std::optional<std::int64_t> block_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::int64_t block = 0;
  const char* const begin = name.data() + dot + 1;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(begin, end, block);
  if (error != std::errc() || (stop != end && *stop != '.')) return std::nullopt;
  return block;
}

bool in_body(std::string_view name, const Cut& cut, const ModelConfig& config) {
  const std::optional<std::int64_t> block = block_of(name);
  return block && *block >= cut.head && *block < config.layers - cut.tail;
}

std::vector<std::int64_t> tuned_blocks(const TuningContext& context) {
  const std::string& which = context.job.tuning.blocks;
  const std::int64_t head = context.cut.head, tail = context.config.layers - context.cut.tail;
  std::vector<std::int64_t> blocks;
  for (std::int64_t block = which == "body" ? head : 0; block < (which == "head" ? head : tail);
       ++block) {
    blocks.push_back(block);
  }
  if (blocks.empty()) {
    throw DataError(
        "tuning.blocks = \"" + which + "\" has no blocks at cut.head = " + std::to_string(head) +
        ", cut.tail = " + std::to_string(context.cut.tail) + "; the tail is trained as it is");
  }
  return blocks;
}

}  // namespace cleave
