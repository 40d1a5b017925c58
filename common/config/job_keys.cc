// Every key of the job file: name, rule and meaning. A new key is one line here and one field in
// job.h; docs/job.md follows.
#include "common/config/job.h"

namespace cleave {
namespace {

constexpr double kMaxRows = 1 << 20;   // tokens of a text, samples of a step
constexpr double kMaxWidth = 1 << 14;  // rows, ranks and widths of what is tuned: no model is wider
constexpr double kMaxBlocks = 1 << 14;  // of a model
constexpr double kMaxRate = 1e38;       // fits a float
constexpr double kMaxCount = 1e9;       // of samples and of steps: fits 32 bits
constexpr double kMaxClients = 1e6;     // each has its own list of samples
constexpr double kMaxRounds = 1e6;      // each is planned, and is a line of the journal
constexpr double kMaxEpochs = 1e5;      // a round of them ends some day
constexpr double kMaxSeconds = 1e7;     // some months

}  // namespace

std::vector<Key> bind(Job& job) {
  auto& f = job.federation;
  auto& p = job.phases;
  auto& o = job.optimizer;
  auto& t = job.tuning;
  return {
      {"name", &job.name, any(), "Names the run folder."},
      {"preset", &job.preset, one_of_names({"", "sfprompt-reconstructed"}),
       "A named set of keys, applied before the file's own."},
      {"seed", &job.seed, at_least(0), "Decides every random choice together with [seeds]."},
      {"seeds.partition", &job.seeds.partition, at_least(-1), "Deals the data; -1: `seed`."},
      {"seeds.sampling", &job.seeds.sampling, at_least(-1), "Picks participants; -1: `seed`."},
      {"seeds.init", &job.seeds.init, at_least(-1), "Initial prompt; -1: `seed`."},
      {"seeds.batches", &job.seeds.batches, at_least(-1),
       "Batch order and random selection; -1: `seed`."},

      {"model.path", &job.model.path, path(), "A Hugging Face folder."},
      {"model.precision", &job.model.precision, one_of_names({"fp32", "bf16"}),
       "Of the frozen compute; independent of `wire.precision`. bf16 pays only on processors with "
       "fast bf16 instructions."},

      {"model.task", &job.model.task, one_of_names({"classification", "causal_lm"}),
       "What is learned: classes, or the next token of every text (GPT-2, Llama). Of a language "
       "model perplexity is reported; its output layer stays as it is, and data are plain texts."},

      {"cut.head", &job.cut.head, between(0, kMaxBlocks),
       "Blocks of the head, on the client. With all that the tail leaves the body is empty: the "
       "whole model is on the device, and nothing but states crosses."},
      {"cut.tail", &job.cut.tail, between(0, kMaxBlocks),
       "Blocks of the tail, on the client, tuned."},
      {"cut.pool", &job.cut.pool, one_of_names({"mean", "cls", "last", "pooler"}),
       "What the classifier reads: the mean of a sample's rows, its first, its last, or what the "
       "model's task class reads; the classifier then begins as the checkpoint's."},

      {"tuning.method", &t.method, any(),
       "What is tuned beside the tail: a method of docs/methods.md, or several joined by +."},
      {"tuning.tokens", &t.tokens, between(0, kMaxWidth),
       "Rows of a prompt or prefix; 0: dept's offsets alone."},
      {"tuning.at", &t.at, any(),
       "Where a prompt goes: \"input\", after row 0 of the embedding block's output; \"peft\", "
       "before "
       "the words and their positions; \"cut\", among the smashed data; or the number of a block."},
      {"tuning.init", &t.init, one_of_names({"vocabulary", "random", "text", "labels"}, {"state:"}),
       "Where a prompt begins: random words, numbers, the words of `tuning.text`, or class names; "
       "or where everything does: the state of a run folder or a PEFT adapter."},
      {"tuning.text", &t.text, any(), "For tuning.init = \"text\"."},
      {"tuning.rank", &t.rank, between(0, kMaxWidth),
       "Of low-rank factors; 0: dept's prompt alone."},
      {"tuning.alpha", &t.alpha, between(0, kMaxRate),
       "Scale of low-rank factors: alpha / rank for LoRA, alpha / sqrt(rank) for DePT; 0: the "
       "method's own, 16 and 8."},
      {"tuning.rslora", &t.rslora, any(), "LoRA's scale is alpha / sqrt(rank)."},
      {"tuning.targets", &t.targets, any(),
       "Linear layers of a block by the end of their names; empty: queries and values."},
      {"tuning.blocks", &t.blocks, one_of_names({"all", "head", "body"}),
       "Which blocks are tuned by lora, svfit, vera, ia3, bitfit, norm and difffit."},
      {"tuning.hidden", &t.hidden, between(0, kMaxWidth),
       "Width of P-tuning's encoder; 0: the model's."},
      {"tuning.spaces", &t.spaces, between(1, kMaxWidth), "Sub-spaces of ept_style."},
      {"tuning.space_width", &t.space_width, between(1, kMaxWidth), "Width of each of them."},

      {"data.train", &job.data.train, path(), "Training data (docs/data.md lists the formats)."},
      {"data.dev", &job.data.dev, path(), "Evaluated while training; empty: no evaluation."},
      {"data.test", &job.data.test, path(), "Evaluated once at the end with `eval.test`."},
      {"data.labels", &job.data.labels, any(),
       "Label names in order; empty: the model's id2label. Never taken from a client's file."},
      {"data.columns", &job.data.columns, any(),
       "Names of the columns of TSV and CSV in order; empty: text, label or text, text_pair, "
       "label."},
      {"data.header", &job.data.header, any(), "The first row of TSV and CSV holds column names."},
      {"data.max_length", &job.data.max_length, between(3, kMaxRows),
       "Longest text in tokens, special ones included; longer ones are cut."},

      {"data.shots", &job.data.shots, between(0, kMaxCount),
       "Train and evaluate on this many examples of every class, chosen by `seeds.partition`; 0: "
       "all "
       "(simulation only)."},

      {"data.held_out", &job.data.held_out, between(0, 0.9),
       "Share of train that is held out, chosen by `seeds.partition`, and evaluated instead of "
       "dev: "
       "to choose settings by (simulation only)."},

      {"federation.clients", &f.clients, between(1, kMaxClients),
       "Simulated clients (simulation only)."},
      {"federation.per_round", &f.per_round, between(1, kMaxClients), "Participants of a round."},
      {"federation.rounds", &f.rounds, between(0, kMaxRounds), "Rounds to run."},
      {"federation.partition", &f.partition,
       one_of_names({"iid", "dirichlet", "quantity", "pathological", "bootstrap"},
                    {"column:", "file:"}),
       "How the data is dealt to clients; bootstrap draws every client's samples with "
       "replacement, so that a small set serves many (simulation only)."},
      {"federation.alpha", &f.alpha, positive(kMaxRate),
       "Of dirichlet and quantity; smaller: more skew."},
      {"federation.classes_per_client", &f.classes_per_client, between(1, kMaxCount),
       "Shards of a client under pathological."},
      {"federation.min_size", &f.min_size, between(1, kMaxCount),
       "Fewest samples of a client under dirichlet and quantity; exactly those under bootstrap."},
      {"federation.min_clients", &f.min_clients, between(1, kMaxClients),
       "Updates that a round needs; with fewer the job stops."},
      {"federation.weights", &f.weights, one_of_names({"samples", "kept", "uniform"}),
       "FedAvg weight of a client: its samples, the kept ones, or 1. The paper does not say; "
       "samples is the usual choice."},
      {"federation.max_samples", &f.max_samples, between(0, kMaxCount),
       "Most samples, and most dev samples, that a client may say it has: it is refused at joining "
       "with more; 0: 2^31 divided among all clients."},
      {"federation.max_norm", &f.max_norm, between(0, kMaxRate),
       "How many times the median norm of a round's other updates an update may have; a longer one "
       "is scaled down to that, which rounds.jsonl and the log name; 0: no bound. Keeps all "
       "updates "
       "of a round in memory."},
      {"federation.aggregation", &f.aggregation,
       one_of_names({"mean", "factor_mean", "freeze_a", "product_svd", "stacking", "residual"}),
       "How low-rank factors are merged: every entry for itself (mean), the same where ranks and "
       "scales agree (factor_mean: FedIT), one factor only (freeze_a: FFA-LoRA), or the SVD of "
       "the mean product (product_svd: FlexLoRA). LoRA's product (stacking: FLoRA) or what a "
       "factor mean misses of it (residual: FedEx-LoRA) can go into the frozen base: exact, but "
       "clients with such layers then receive their whole change in every round."},
      {"federation.ranks", &f.ranks, any(),
       "Ranks that clients train, dealt in turn, e.g. [\"2\", \"8\"], none above `tuning.rank`: to "
       "a "
       "roster in its order, to simulated clients by their number. Rows beyond a client's rank "
       "stay zero. Only with product_svd and stacking."},
      {"federation.server_optimizer", &f.server_optimizer,
       one_of_names({"none", "fedavgm", "fedadam"}),
       "What the server makes of the average: the new state, or a direction for it."},
      {"federation.server_lr", &f.server_lr, between(0, kMaxRate),
       "Rate of the server optimiser; 0: 1 for fedavgm, 0.1 for fedadam (Flower's)."},
      {"federation.server_momentum", &f.server_momentum, between(0, 0.999999), "fedavgm."},
      {"federation.server_beta1", &f.server_beta1, between(0, 0.999999), "fedadam."},
      {"federation.server_beta2", &f.server_beta2, between(0, 0.9999999), "fedadam."},
      {"federation.server_tau", &f.server_tau, positive(kMaxRate),
       "Added to fedadam's root; larger: less adaptive."},

      {"phases.bypass_epochs", &p.bypass_epochs, between(0, kMaxEpochs),
       "Local epochs head to tail without traffic (phase 1). 0 because they hurt wherever we "
       "measured; the unofficial code has 10.",
       "phases.local_loss_epochs"},
      {"phases.bypass_data", &p.bypass_data, one_of_names({"kept", "all"}),
       "What the bypass epochs run over. The paper's figure says kept, its formula all."},
      {"phases.split_epochs", &p.split_epochs, between(0, kMaxEpochs),
       "Passes through the split per round (phase 2); 0: none. The paper's byte counts imply 1."},
      {"phases.keep", &p.keep, between(0, 1),
       "Fraction of a client's samples that is kept; 1: no pruning. The unofficial code has 0.5."},
      {"phases.score", &p.score, one_of_names({"el2n", "el2n_low", "random"}),
       "What ranks samples: hardest first (the paper), easiest first, or at random (the control)."},
      {"phases.selection", &p.selection, one_of_names({"class", "global"}),
       "Keep the fraction of every class or of the whole. The paper's is global, which can keep "
       "one class only."},
      {"phases.prune_from_round", &p.prune_from_round, between(1, kMaxCount),
       "First round that prunes. On a fresh classifier all scores are equal."},
      {"phases.score_prompt", &p.score_prompt, any(),
       "Scoring sees the prompt. The paper's figure shows none on that path; the unofficial code "
       "has it."},
      {"phases.rescore", &p.rescore, any(),
       "Score again before phase 2, after the bypass epochs, as the unofficial code does."},

      {"optimizer.name", &o.name, one_of_names({"adam", "adamw", "sgd", "adafactor"}),
       "Trainer. adafactor takes the rate as it is (no relative step, no scaling by the "
       "parameters, no momentum), decay 0.8, updates of at most RMS 1."},
      {"optimizer.batch", &o.batch, between(1, kMaxRows), "Samples of a step."},
      {"optimizer.lr_prompt", &o.lr_prompt, between(0, kMaxRate), "Rate of the prompt."},
      {"optimizer.lr_tail", &o.lr_tail, between(0, kMaxRate), "Rate of the tail."},
      {"optimizer.lr_factors", &o.lr_factors, between(0, kMaxRate),
       "Rate of all that is neither prompt nor tail: low-rank factors, offsets, prefixes."},
      {"optimizer.weight_decay", &o.weight_decay, between(0, kMaxRate),
       "Of everything tuned. adam and sgd add it to the gradient (L2); adamw and adafactor shrink "
       "the values by it times the rate."},
      {"optimizer.weight_decay_prompt", &o.weight_decay_prompt, between(-1, kMaxRate),
       "Of the prompt; -1: `optimizer.weight_decay`."},
      {"optimizer.weight_decay_tail", &o.weight_decay_tail, between(-1, kMaxRate),
       "Of the tail; -1: `optimizer.weight_decay`."},
      {"optimizer.weight_decay_factors", &o.weight_decay_factors, between(-1, kMaxRate),
       "Of all else; -1: `optimizer.weight_decay`. 0 where values begin at 1 and should stay near "
       "it (ia3, norm, difffit)."},
      {"optimizer.beta1", &o.beta1, between(0, 0.999999), "adam and adamw."},
      {"optimizer.beta2", &o.beta2, between(0, 0.9999999), "adam and adamw."},
      {"optimizer.eps", &o.eps, positive(kMaxRate), "adam and adamw."},
      {"optimizer.momentum", &o.momentum, between(0, 0.999999), "sgd."},
      {"optimizer.clip", &o.clip, between(0, kMaxRate),
       "Largest norm of the gradients of all that one side tunes, client or body; 0: no clipping."},
      {"optimizer.proximal", &o.proximal, between(0, kMaxRate),
       "FedProx's mu: the pull to the round's start, added to the gradient before clipping; 0: "
       "none."},
      {"optimizer.schedule", &o.schedule, one_of_names({"constant", "linear", "cosine"}),
       "Of all rates after the warm-up: as they are, or down to 0 at the job's last step. Step s "
       "of "
       "a client in round r is (r - 1) S + s of `federation.rounds` S, S being its split steps of "
       "that round; rounds that it sits out count, bypass steps do not."},
      {"optimizer.warmup", &o.warmup, between(0, kMaxCount),
       "Steps, counted as for `optimizer.schedule`, over which all rates rise linearly."},
      {"optimizer.warmup_prompt", &o.warmup_prompt, between(-1, kMaxCount),
       "Of the prompt's rate; -1: `optimizer.warmup`."},
      {"optimizer.warmup_tail", &o.warmup_tail, between(-1, kMaxCount),
       "Of the tail's rate; -1: `optimizer.warmup`."},
      {"optimizer.warmup_factors", &o.warmup_factors, between(-1, kMaxCount),
       "Of all other rates; -1: `optimizer.warmup`."},
      {"optimizer.reset", &o.reset, one_of_names({"round", "phase"}),
       "When the optimiser starts afresh: each round, or also between bypass and split epochs. The "
       "paper does not say."},

      {"wire.exchange", &job.wire.exchange, one_of_names({"full"}),
       "How a step uses the wire; full: all rows cross four times."},
      {"wire.precision", &job.wire.precision, one_of_names({"fp32", "bf16"}),
       "Of activations and gradients on the wire. States always travel in fp32."},

      {"eval.every", &job.eval.every, between(0, kMaxCount),
       "Evaluate after every n-th round; 0: never."},
      {"eval.batch", &job.eval.batch, between(1, kMaxRows),
       "Samples of an evaluation or prediction step."},
      {"eval.where", &job.eval.where, one_of_names({"evaluator", "clients"}),
       "Who evaluates: one client with dev and test, or every client on its own dev file "
       "(deployment)."},
      {"eval.test", &job.eval.test, any(), "Evaluate the test data once, after the last round."},

      {"deadlines.connect", &job.deadlines.connect, positive(kMaxSeconds),
       "Seconds for TCP, TLS and hello."},
      {"deadlines.silence", &job.deadlines.silence, positive(kMaxSeconds),
       "Seconds without a byte until a peer counts as lost; pings go out at a third."},
      {"deadlines.round", &job.deadlines.round, positive(kMaxSeconds),
       "Seconds that a client has for a round, and again for its evaluation (deployment only)."},

      {"run.threads", &job.run.threads, between(0, 1024),
       "Compute threads, one BLAS thread each; 0: one per processor that the affinity mask and "
       "the control group's quota leave."},
      {"run.control", &job.run.control, one_of_names({"none", "resets", "continuous", "both"}),
       "Centralised control with equal passes: optimiser reset every pass, or continuous with "
       "linear decay (simulation only)."},

      {"server.listen", &job.server.listen, any(), "host:port to listen on (deployment)."},
      {"server.cert", &job.server.cert, path(), "The server's certificate."},
      {"server.key", &job.server.key, path(), "Its key, mode 0600."},
      {"server.ca", &job.server.ca, path(), "The CA that signed the clients' certificates."},
      {"server.roster", &job.server.roster, any(), "Ids of the clients that may join."},
      {"server.start_with", &job.server.start_with, between(0, kMaxClients),
       "Clients to wait for before round 1; 0: all of the roster."},
      {"server.body", &job.server.body, any(),
       "host:port of the body server where it runs apart (`--role`); empty: in this process."},
      {"server.max_in_flight", &job.server.max_in_flight, between(1, kMaxClients),
       "Split steps whose activations the body holds at once; others wait."},
  };
}

}  // namespace cleave
