#include "server/deployment.h"

#include <algorithm>
#include <set>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/exchange/deadlines.h"
#include "common/exchange/job_size.h"
#include "common/exchange/parts.h"
#include "common/model/model_lock.h"
#include "common/model/threads.h"
#include "common/wire/tls_connection.h"
#include "server/coordinator/kernels.h"
#include "server/coordinator/measured.h"
#include "server/coordinator/run_job.h"
#include "server/descriptors.h"
#include "server/interrupt.h"
#include "server/listener.h"

namespace cleave {
namespace {

// A client's half of a step takes longer only where its device or its link is slow.
constexpr std::chrono::seconds kSlotPatience{1};

bool tunes_body(const Job& job) {
  const ModelConfig config = load_model_config(job.model.path);
  return state_numbers(job, config, 1).body > 0;
}

bool is_set(const LoadedJob& loaded, const char* key) {
  return std::find(loaded.set.begin(), loaded.set.end(), key) != loaded.set.end();
}

// Otherwise the server would wait for ever, or train with fewer than the job asks for.
void check_roster(const LoadedJob& loaded) {
  const std::vector<std::string>& roster = loaded.job.server.roster;
  const std::set<std::string> names(roster.begin(), roster.end());
  if (names.size() < roster.size()) throw DataError("server.roster names a client twice");
  const auto clients = static_cast<std::int64_t>(roster.size());
  const auto refuse = [&](const std::string& key, std::int64_t value) {
    throw DataError(key + " = " + std::to_string(value) + " is above the " +
                    std::to_string(clients) + " clients of server.roster");
  };
  const std::int64_t start = loaded.job.server.start_with;
  const std::int64_t per_round = loaded.job.federation.per_round;
  if (start > clients) refuse("server.start_with", start);
  if (per_round > clients && is_set(loaded, "federation.per_round")) {
    refuse("federation.per_round", per_round);
  }
}

void check_deployable(const LoadedJob& loaded, const DeploymentOptions& options) {
  const Job& job = loaded.job;
  if (is_set(loaded, "federation.partition")) {
    throw DataError(
        "federation.partition is for simulations: deployed clients hold their own data; "
        "remove the key");
  }
  for (const auto& [key, value] :
       {std::pair("server.listen", job.server.listen), std::pair("server.cert", job.server.cert),
        std::pair("server.key", job.server.key), std::pair("server.ca", job.server.ca)}) {
    if (value.empty()) throw DataError(std::string(key) + " is missing; a server needs it");
  }
  if (job.server.roster.empty()) {
    throw DataError("server.roster is empty: list the ids of the clients that may join");
  }
  check_roster(loaded);
  if (job.eval.where == "evaluator" && !job.data.dev.empty()) {
    throw DataError(
        "eval.where = \"evaluator\" is for simulations; deployed, clients evaluate their "
        "own dev files: set eval.where = \"clients\"");
  }
  if (job.data.shots > 0 || job.data.held_out > 0) {
    throw DataError(
        "data.shots and data.held_out are for simulations: deployed clients choose what they hold; "
        "remove the keys");
  }
  if (job.eval.test) {
    throw DataError(
        "eval.test is for simulations: deployed clients hold no test data; remove the key, and "
        "evaluate the run with cleave eval");
  }
  if (options.role != ServerRole::kBoth && tunes_body(job)) {
    throw DataError(
        "tuning.method = \"" + job.tuning.method +
        "\" trains in the body, whose copies go to the average within one process: "
        "leave out --role and server.body, or take a method whose parameters the clients hold "
        "(of those that read it, tuning.blocks = \"head\")");
  }
  if (options.role == ServerRole::kCoordinator && job.server.body.empty()) {
    throw DataError(
        "server.body is missing: a coordinator on its own tells clients where the body "
        "server listens");
  }
}

// What a prompt that starts from text needs; null for others.
std::unique_ptr<Tokenizer> tokenizer_of(const Model& model, const Job& job) {
  const bool from_text = job.tuning.init == "text" || job.tuning.init == "labels";
  return from_text && !model.config.is_image() ? load_tokenizer(model.checkpoint.folder())
                                               : nullptr;
}

JobParts parts_of(const Model& model, const Job& job, const LabelMap& labels) {
  check_job_size(job, model.config, labels.size());
  return make_job_parts(model, job, labels, tokenizer_of(model, job).get());
}

// All that a server process holds, in order of construction.
struct Process {
  Process(const LoadedJob& loaded, const DeploymentOptions& options);

  const Job& job;
  Model model;
  LabelMap labels;
  JobParts parts;
  asio::io_context io{1};
  Lane lane;
  Slots slots;
  BodyCopies copies;
  BodyService service;
  Members members;
  Federation federation;
  Server server;
};

Process::Process(const LoadedJob& loaded, const DeploymentOptions& options)
    : job(loaded.job),
      model(open_model(job.model.path)),
      labels(make_label_map(job, model.config)),
      parts(parts_of(model, job, labels)),
      lane(thread_count(job.run.threads), use_one_blas_thread),
      slots(io.get_executor(), static_cast<std::size_t>(job.server.max_in_flight)),
      copies(parts, job),
      service{copies, parts.form, lane, slots},
      members(io.get_executor()),
      federation(members, job, parts, options.role == ServerRole::kBoth ? &copies : nullptr, lane,
                 round_deadline(job)) {
  server.shared_job = shared_job_toml(job);
  server.job_hash = job_hash(server.shared_job);
  server.model_hash = verify_model(model).hash;
  server.form = &parts.initial;
  if (options.role != ServerRole::kBody) server.members = &members;
  server.claims = &federation.claims();
  if (options.role != ServerRole::kCoordinator) server.body = &service;
  if (options.role == ServerRole::kCoordinator) server.body_address = job.server.body;
}

std::string text_of(const asio::ip::tcp::endpoint& endpoint) {
  return endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
}

std::size_t clients_to_wait_for(const Job& job) {
  const std::size_t wanted = job.server.start_with > 0
                                 ? static_cast<std::size_t>(job.server.start_with)
                                 : job.server.roster.size();
  log_info("waiting for " + std::to_string(wanted) + " clients");
  return wanted;
}

DeploymentResult train(Process& process, const DeploymentOptions& options, Door& door,
                       asio::ip::tcp::acceptor& acceptor) {
  const Stopwatch watch;
  const Job& job = process.job;
  RunFolder folder =
      options.resume ? RunFolder::resume(options.out, job) : RunFolder::create(options.out, job);
  if (options.resume) {
    const std::optional<Json> summary = finished_summary(folder, job);
    const std::optional<Json> measured = folder.read_json("measured.json");
    if (summary && measured) return {*summary, *measured};
  }
  const Kernels kernels = note_kernels(folder, blas_description());
  if (!kernels.warning.empty()) log_warn(kernels.warning);
  options.on_listening(text_of(acceptor.local_endpoint()));
  JobRun run{job,
             process.members,
             process.federation,
             folder,
             folder.state().value_or(process.parts.whole_initial()),
             job_shape(process.parts, job),
             options.on_round};
  std::exception_ptr failure;
  InterruptWatch interrupt(process.io, process.server, [&] {
    acceptor.close();
    dismiss_guests(door);
  });
  asio::co_spawn(process.io, listen(acceptor, door), asio::detached);
  asio::co_spawn(process.io, run_job(run, clients_to_wait_for(job)),
                 [&](std::exception_ptr bug, std::exception_ptr result) {
                   failure = bug ? bug : result;
                   interrupt.stop();
                   acceptor.close();
                 });
  process.io.run();

  const auto leave = [&] {
    Json measured = measure(watch, thread_count(job.run.threads));
    measured["kernels"] = kernels.used;
    measured["round_seconds"] = run.round_seconds;
    const TlsBytes control = process.members.tls_bytes();
    const TlsBytes steps = process.server.closed_body_tls;
    measured["tls_bytes"] = {{"received", control.received + steps.received},
                             {"sent", control.sent + steps.sent},
                             {"agreed_at_close", process.members.tls_agrees()}};
    folder.write_json("measured.json", measured);
    return measured;
  };
  if (interrupt.signal() != 0) {
    leave_job(run, "interrupted");
    warn_of_failure(leave);
    log_warn("to continue, run the same command with --resume --out " + options.out.string());
    throw Interrupted(interrupt.signal());
  }
  if (failure) {
    leave_job(run, "failed");
    warn_of_failure(leave);
    std::rethrow_exception(failure);
  }
  const Json summary = finish_job(run, "done");
  return {summary, leave()};
}

// A server without rounds: body only, or predictions only.
[[noreturn]] void serve_until_signal(Process& process, const DeploymentOptions& options, Door& door,
                                     asio::ip::tcp::acceptor& acceptor) {
  options.on_listening(text_of(acceptor.local_endpoint()));
  InterruptWatch interrupt(process.io, process.server, [&] {
    acceptor.close();
    dismiss_guests(door);
    interrupt.stop();
  });
  asio::co_spawn(process.io, listen(acceptor, door), asio::detached);
  process.io.run();
  throw Interrupted(interrupt.signal());
}

}  // namespace

DeploymentResult run_deployment(const LoadedJob& loaded, const DeploymentOptions& options) {
  check_deployable(loaded, options);
  const Job& job = loaded.job;
  Process process(loaded, options);
  asio::ssl::context context =
      make_tls_context({job.server.cert, job.server.key, job.server.ca}, TlsSide::kServer);
  Door door{context,
            {job.server.roster.begin(), job.server.roster.end()},
            link_deadlines(job),
            process.server,
            room_for_unknown(job.server.roster.size(), raise_descriptor_limit())};
  process.server.hello_deadline = door.deadlines.connect;
  process.server.ready_deadline = round_deadline(job);
  process.service.step_deadline = kFrameSilences * door.deadlines.silence;
  process.service.patience = kSlotPatience;
  const bool body_only = options.role == ServerRole::kBody;
  auto acceptor = open_acceptor(
      process.io,
      parse_address(body_only && !job.server.body.empty() ? job.server.body : job.server.listen));

  std::optional<State> state;
  if (!options.serve.empty()) {
    state = RunFolder::open(options.serve).state();
    if (!state) throw DataError(options.serve.string() + " holds no complete round yet");
    check_same_form(*state, process.parts.whole_initial(), options.serve.string());
    process.copies.show(process.copies.make(*state));
    state = client_part(*state, process.parts);
    process.server.predictions = &*state;
    process.server.members = nullptr;
  }
  if (body_only || state) {
    serve_until_signal(process, options, door, acceptor);
  }
  return train(process, options, door, acceptor);
}

}  // namespace cleave
