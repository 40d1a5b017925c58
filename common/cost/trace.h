// A job's traffic and work in closed form: a pure function of a trace, i.e. of who took part and of
// the sizes of the batches. It shares no code with the wire, the ledger or the model, so that it
// can contradict them. Formulas: docs/protocol.md; spec sfprompt.md 5, communication.md 7.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cleave {

// One batch that crosses: its samples and its rows with prompt rows.
struct BatchTrace {
  std::uint64_t samples = 0;
  std::uint64_t rows = 0;
};

// Sums over samples of rows and of squared rows; attention's work needs the latter.
struct WorkTrace {
  std::uint64_t samples = 0, rows = 0, squares = 0;
};

struct ParticipantTrace {
  std::vector<BatchTrace> steps;  // of the split pass
  std::uint64_t kept_listed = 0;  // kept ids in the report; 0 when nothing was pruned
  WorkTrace all;                  // every sample, text rows only
  WorkTrace kept;                 // kept samples, with prompt rows
  bool scored = false;            // the bypass scored every sample
};

struct RoundTrace {
  std::vector<ParticipantTrace> participants;
  std::vector<std::vector<BatchTrace>> evaluations;  // one list of batches per evaluating client
};

// What does not change over a job.
struct JobShape {
  std::uint64_t width = 0;             // D
  std::uint64_t bytes_per_number = 4;  // of activations on the wire
  std::uint64_t state_numbers = 0;     // of the tuned state that crosses
  std::uint64_t held_numbers = 0;      // of these, held by a client but not trained or sent back
  std::uint64_t body_numbers = 0;      // of what is tuned in the body: it never crosses
  std::uint64_t body_held_numbers = 0;
  std::uint64_t labels = 0;        // C; 1 of a language model
  std::uint64_t vocabulary = 0;    // outputs of every row of a language model; else 0
  std::uint64_t state_copies = 4;  // of the tuned state in a client's memory
  // For work only.
  std::uint64_t head_blocks = 0, body_blocks = 0, tail_blocks = 0;
  std::uint64_t intermediate = 0;       // of the feed-forward
  std::uint64_t patch_numbers = 0;      // values of a patch; 0 for text
  std::uint64_t prompt_rows = 0;        // of every sample of a batch
  std::uint64_t prompt_from_block = 0;  // blocks before it work on text rows alone
  bool prompt_sent = true;              // with the smashed data; else the body inserts its own
  bool prompt_returned = true;          // with the features
  std::uint64_t bypass_epochs = 0;
  bool bypass_over_all = false;
  bool score_with_prompt = false, scored_twice = false;
};

// Frames and payload bytes of one kind in one direction, client to server being up.
struct Traffic {
  std::uint64_t frames = 0;
  std::uint64_t payload = 0;
  bool operator==(const Traffic&) const = default;
};

struct Cost {
  std::map<std::string, Traffic> up, down;  // by kind
  bool operator==(const Cost&) const = default;
  Cost& operator+=(const Cost& other);
};

// Training and evaluation traffic of one round. Keys are the names of the kinds.
Cost cost(const JobShape& shape, const RoundTrace& round);

bool is_evaluation(const std::string& kind);
// Payload bytes of training kinds in one direction's map.
std::uint64_t training_payload(const std::map<std::string, Traffic>& direction);
std::uint64_t training_frame_bytes(const std::map<std::string, Traffic>& direction);

// Floating point operations (2 per multiply-add) of the participants of a round.
struct Flops {
  double client = 0;
  double body = 0;
};
Flops flops(const JobShape& shape, const RoundTrace& round);

}  // namespace cleave
