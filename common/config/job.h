// A job: everything that decides a run, as plain values with defaults that work. docs/job.md is
// generated from its keys. It opens no file but the job file itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/hash.h"
#include "common/config/keys.h"

namespace cleave {

struct Job {
  std::string name = "run";
  std::string preset;
  std::int64_t seed = 1;
  struct {
    std::int64_t partition = -1, sampling = -1, init = -1, batches = -1;  // -1: seed
  } seeds;
  struct {
    std::string path;
    std::string precision = "fp32", task = "classification";
  } model;
  struct {
    std::int64_t head = 1, tail = 0;
    std::string pool = "mean";
  } cut;
  struct {
    std::string method = "prompt";
    std::int64_t tokens = 20;
    std::string at = "input", init = "vocabulary", text;
    std::int64_t rank = 8;
    double alpha = 0;
    bool rslora = false;
    std::vector<std::string> targets;
    std::string blocks = "all";
    std::int64_t hidden = 0, spaces = 4, space_width = 4;
  } tuning;
  struct {
    std::string train, dev, test;
    std::vector<std::string> labels;
    std::vector<std::string> columns;
    bool header = false;
    std::int64_t max_length = 128;
    std::int64_t shots = 0;  // 0: all
    double held_out = 0;
  } data;
  struct {
    std::int64_t clients = 10, per_round = 5, rounds = 20;
    std::string partition = "iid";
    double alpha = 0.5;
    std::int64_t classes_per_client = 2, min_size = 16, min_clients = 1;
    std::string weights = "samples";
    std::int64_t max_samples = 0;  // 0: 2^31 among all
    double max_norm = 0;           // 0: off
    std::string aggregation = "mean";
    std::vector<std::string> ranks;
    std::string server_optimizer = "none";
    double server_lr = 0;  // 0: the optimiser's own
    double server_momentum = 0.9, server_beta1 = 0.9, server_beta2 = 0.99, server_tau = 1e-3;
  } federation;
  struct {
    std::int64_t bypass_epochs = 0, split_epochs = 1;
    std::string bypass_data = "kept";
    double keep = 1.0;
    std::string score = "el2n", selection = "class";
    std::int64_t prune_from_round = 2;
    bool score_prompt = false, rescore = false;
  } phases;
  struct {
    std::string name = "adam";
    std::int64_t batch = 16;
    double lr_prompt = 0.05, lr_tail = 0.025, lr_factors = 0.005;
    double weight_decay = 0;
    double weight_decay_prompt = -1, weight_decay_tail = -1, weight_decay_factors = -1;
    double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
    double momentum = 0;
    double clip = 0;      // 0: off
    double proximal = 0;  // 0: off
    std::string schedule = "constant";
    std::int64_t warmup = 0;  // steps
    std::int64_t warmup_prompt = -1, warmup_tail = -1, warmup_factors = -1;
    std::string reset = "round";
  } optimizer;
  struct {
    std::string exchange = "full", precision = "fp32";
  } wire;
  struct {
    std::int64_t every = 1, batch = 32;
    std::string where = "evaluator";
    bool test = false;
  } eval;
  struct {
    double connect = 10, silence = 30, round = 600;  // seconds
  } deadlines;
  struct {
    std::int64_t threads = 0;  // 0: one per processor
    std::string control = "none";
  } run;
  struct {
    std::string listen, cert, key, ca;
    std::vector<std::string> roster;
    std::int64_t start_with = 0;  // 0: the whole roster
    std::string body;
    std::int64_t max_in_flight = 8;
  } server;
};

// The job's keys, bound to `job`, in the order of docs/job.md.
std::vector<Key> bind(Job& job);

struct LoadedJob {
  Job job;
  std::string notes;             // the preset's keys with their provenance; "" without a preset
  std::vector<std::string> set;  // names of the keys that file and settings set
};

// default < preset < file < settings. Errors: IoError, DataError.
LoadedJob load_job(const std::filesystem::path& file, const std::vector<std::string>& settings);
LoadedJob parse_job(std::string_view text, const std::string& file,
                    const std::filesystem::path& folder, const std::vector<std::string>& settings);

// federation.ranks as numbers.
std::vector<std::int64_t> participant_ranks(const Job& job);

// Whether a rule of federation.aggregation adds to the frozen base what factors cannot hold.
bool adds_to_base(const std::string& aggregation);

// Checks that no single key can express, e.g. per_round <= clients. Errors: DataError.
void check_job(const Job& job);

// The resolved job as TOML: whole, or only what decides the numbers, which is what clients get and
// what the job hash covers (no paths, no [server], no [run]).
std::string job_toml(const Job& job);
std::string shared_job_toml(const Job& job);
// The digest of that text, which both ends of a link must hold.
Digest job_hash(const std::string& shared_job);
// The inverse of shared_job_toml. Errors: DataError.
Job parse_shared_job(std::string_view text);

enum class Seed { kPartition, kSampling, kInit, kBatches };
std::uint64_t seed_of(const Job& job, Seed purpose);

}  // namespace cleave
