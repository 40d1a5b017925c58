// The kinds of frame, with the name and the group under which the ledger counts each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cleave {

// What the bytes are for. Only `kTraining` enters a job's training totals.
enum class Group { kTraining, kEvaluation, kSession };

enum class Kind : std::uint16_t {
  kHello = 1,
  kHelloOk = 2,
  kError = 3,
  kPing = 4,
  kBye = 5,
  kReady = 6,
  kState = 16,
  kReport = 17,
  kUpdate = 18,
  kRoundEnd = 19,
  kTally = 20,
  kSmashed = 32,
  kFeatures = 33,
  kFeaturesGrad = 34,
  kSmashedGrad = 35,
  kEvalState = 48,
  kEvalReport = 49,
  kEvalSmashed = 50,
  kEvalFeatures = 51,
};

struct KindInfo {
  Kind kind;
  std::string_view name;
  Group group;
};

inline constexpr std::array<KindInfo, 19> kKinds{{
    {Kind::kHello, "hello", Group::kSession},
    {Kind::kHelloOk, "hello_ok", Group::kSession},
    {Kind::kError, "error", Group::kSession},
    {Kind::kPing, "ping", Group::kSession},
    {Kind::kBye, "bye", Group::kSession},
    {Kind::kReady, "ready", Group::kSession},
    {Kind::kState, "state", Group::kTraining},
    {Kind::kReport, "report", Group::kTraining},
    {Kind::kUpdate, "update", Group::kTraining},
    {Kind::kRoundEnd, "round_end", Group::kTraining},
    {Kind::kTally, "tally", Group::kTraining},
    {Kind::kSmashed, "smashed", Group::kTraining},
    {Kind::kFeatures, "features", Group::kTraining},
    {Kind::kFeaturesGrad, "features_grad", Group::kTraining},
    {Kind::kSmashedGrad, "smashed_grad", Group::kTraining},
    {Kind::kEvalState, "eval_state", Group::kEvaluation},
    {Kind::kEvalReport, "eval_report", Group::kEvaluation},
    {Kind::kEvalSmashed, "eval_smashed", Group::kEvaluation},
    {Kind::kEvalFeatures, "eval_features", Group::kEvaluation},
}};

// Position of a kind in kKinds, or nothing for a number that is no kind.
constexpr std::optional<std::size_t> kind_index(std::uint16_t value) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (static_cast<std::uint16_t>(kKinds[i].kind) == value) return i;
  }
  return std::nullopt;
}

constexpr std::size_t kind_index(Kind kind) {
  return *kind_index(static_cast<std::uint16_t>(kind));
}

constexpr std::string_view kind_name(Kind kind) { return kKinds[kind_index(kind)].name; }

}  // namespace cleave
