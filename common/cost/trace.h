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

// Computed beside the frozen model's own products: multiply-adds forward and backward, and numbers
// held between the two.
struct AddedWork {
  std::uint64_t forward = 0, backward = 0;
  std::uint64_t kept = 0;
};

// One transformer block, by the inventory of the real one. All but `vectors` are of a row.
struct BlockShape {
  std::uint64_t linear = 0;       // weights of its linear layers
  std::uint64_t entry = 0;        // of these, of the layers that read the block's input
  std::uint64_t vectors = 0;      // numbers in biases and norms
  std::uint64_t attention = 0;    // width of the queries of all heads
  std::uint64_t prefix_rows = 0;  // of keys and values before every sample's own
  std::uint64_t query_value = 0;  // inputs and outputs of the layers that LoRA takes
  std::uint64_t kept = 0;         // numbers kept for the backward, and where weights are trained
  std::uint64_t kept_trained = 0;
  AddedWork added;  // by what is tuned around its layers
};

// What clients and server say before round 1 and after the last.
struct SessionShape {
  std::uint64_t clients = 0;        // that join, each over two links; an evaluator among them
  std::uint64_t program_bytes = 0;  // of a program's name and version
  std::uint64_t job_bytes = 0;      // of the job that the coordinator sends
  std::uint64_t address_bytes = 0;  // of the body server's address; 0: the coordinator's
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
  bool output_trained = false;     // and not frozen
  std::uint64_t state_copies = 4;  // of the tuned state in a client's memory
  // For work only.
  std::uint64_t head_blocks = 0, body_blocks = 0, tail_blocks = 0;
  std::vector<BlockShape> blocks;   // all of them, in order
  std::uint64_t weight_bytes = 4;   // of a frozen number of a block
  std::uint64_t other_numbers = 0;  // of the model outside its blocks
  std::uint64_t dense = 0;          // weights of a task class's layer before the classifier
  bool dense_trained = false;
  // The first block in which something is tuned, and the first whose input depends on it: the
  // backward through the head ends there.
  std::uint64_t tuned_block = 0, gradient_block = 0;
  AddedWork added_text;                 // for a row of text, before the first block
  AddedWork added_position;             // for a position of a batch's longest text
  AddedWork added_step;                 // once a step: a prompt that is computed
  std::uint64_t batch = 0;              // samples of a step
  std::uint64_t patch_numbers = 0;      // values of a patch; 0 for text
  std::uint64_t prompt_rows = 0;        // of every sample of a batch
  std::uint64_t prompt_from_block = 0;  // blocks before it work on text rows alone
  bool prompt_sent = true;              // with the smashed data; else the body inserts its own
  bool prompt_returned = true;          // with the features
  std::uint64_t bypass_epochs = 0;
  bool bypass_over_all = false;
  bool score_with_prompt = false, scored_twice = false;
  SessionShape sessions;
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
