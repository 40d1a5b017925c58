#include "simulation/simulation.h"

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "client/session.h"
#include "common/base/error.h"
#include "common/base/log.h"
#include "common/model/model_lock.h"
#include "common/model/threads.h"
#include "common/wire/memory_link.h"
#include "server/connection.h"
#include "server/coordinator/run_job.h"
#include "server/interrupt.h"
#include "simulation/round_progress.h"

namespace cleave {
namespace {

// Participants at once: one computes while another's frames are made and read.
constexpr std::size_t kTurnsPerThread = 2;
// Clients that join at once: the job's text passes through each of them.
constexpr std::size_t kDoors = 64;

// A client's own copy of its share; pixels and ids of a share are held once per process.
Dataset share_of(const Dataset& all, const std::vector<std::uint32_t>& positions) {
  Dataset out;
  out.examples.reserve(positions.size());
  for (const std::uint32_t i : positions) out.examples.push_back(all.examples[i]);
  return out;
}

// The client program's session with its links already connected.
asio::awaitable<void> take_part(const ClientContext& context, const Server& server, Role role,
                                Slots& doors, Link& coordinator, Link& body) {
  Slots::Held door = co_await doors.take();
  co_await join(coordinator, role, server.model_hash);
  co_await join(body, Role::kBody, server.model_hash, server.job_hash);
  door.release();
  coordinator.allow(coordinator_limits(context.parts.initial));
  body.allow(body_limits(context.parts.form));
  co_await serve_coordinator(context, coordinator, body);
}

asio::awaitable<void> run_client(const ClientContext& context, const Server& server, Role role,
                                 Slots& doors, std::unique_ptr<Link> coordinator,
                                 std::unique_ptr<Link> body) {
  std::string problem;
  bool own = false;  // the coordinator was told its kind only
  try {
    co_await take_part(context, server, role, doors, *coordinator, *body);
  } catch (const Error& error) {
    problem = context.id + ": " + error.what();
    own = error.exit() == Exit::kData || error.exit() == Exit::kIo;
  }
  if (problem.empty()) co_return;
  own ? log_warn(problem) : log_debug(problem);
  // Nobody else will come in its place: a job that still waits for it would wait for ever.
  if (server.members->waiting()) co_await server.members->abandon(problem);
}

RoundProgress progress_of(const JobInputs& inputs, const Partition& partition,
                          const SimulationOptions& options) {
  std::vector<std::string> ids;
  std::vector<std::uint64_t> samples;
  for (std::size_t k = 0; k < partition.clients.size(); ++k) {
    if (partition.clients[k].empty()) continue;
    ids.push_back(client_id(k, partition.clients.size()));
    samples.push_back(partition.clients[k].size());
  }
  const auto dev = static_cast<std::uint64_t>(inputs.dev.size());
  return {inputs.job, std::move(ids), std::move(samples), dev, options.on_progress};
}

// Links a client up with the server and starts both ends.
void start_client(asio::io_context& io, Server& server, const ClientContext& context, Role role,
                  Slots& doors, const SimulationOptions& options) {
  LinkPair control = make_memory_links(io.get_executor(), "server", context.id);
  LinkPair steps = make_memory_links(io.get_executor(), "server", context.id);
  asio::co_spawn(io, serve_connection(server, std::move(control.b)), asio::detached);
  asio::co_spawn(io, serve_connection(server, std::move(steps.b)), asio::detached);
  asio::co_spawn(io,
                 run_client(context, server, role, doors, options.wrap_link(std::move(control.a)),
                            options.wrap_link(std::move(steps.a))),
                 asio::detached);
}

}  // namespace

Json simulate(JobInputs& inputs, const Partition& partition, RunFolder& folder,
              const SimulationOptions& options) {
  const Job& job = inputs.job;
  asio::io_context io(1);
  Lane lane(options.threads, use_one_blas_thread), server_lane(lane);
  Slots slots(io.get_executor(), static_cast<std::size_t>(job.server.max_in_flight));
  BodyCopies copies(inputs.parts, job);
  BodyService service{copies, inputs.parts.form, server_lane, slots};
  Members members(io.get_executor());
  Federation federation(members, job, inputs.parts, &copies, server_lane, std::nullopt);
  Slots turns(io.get_executor(), kTurnsPerThread * static_cast<std::size_t>(options.threads));
  federation.take_turns(turns);
  Slots doors(io.get_executor(), kDoors);
  Server server;
  server.shared_job = shared_job_toml(job);
  server.job_hash = job_hash(server.shared_job);
  server.model_hash = verify_model(inputs.model).hash;
  server.form = &inputs.parts.initial;
  server.members = &members;
  server.claims = &federation.claims();
  server.body = &service;

  const std::size_t clients = partition.clients.size();
  RoundProgress progress = progress_of(inputs, partition, options);
  progress.begin(folder.last_round() + 1);
  const auto worked = [&progress](std::size_t samples) { progress.worked(samples); };
  std::vector<std::unique_ptr<Dataset>> shares;
  std::vector<std::unique_ptr<ClientContext>> contexts;
  for (std::size_t k = 0; k < clients; ++k) {
    shares.push_back(std::make_unique<Dataset>(share_of(inputs.train, partition.clients[k])));
    contexts.push_back(std::make_unique<ClientContext>(ClientContext{client_id(k, clients),
                                                                     job,
                                                                     inputs.parts,
                                                                     lane,
                                                                     shares.back().get(),
                                                                     nullptr,
                                                                     nullptr,
                                                                     {},
                                                                     worked}));
    start_client(io, server, *contexts.back(), Role::kClient, doors, options);
  }
  const auto present = [](const Dataset& data) { return data.size() > 0 ? &data : nullptr; };
  const ClientContext evaluator{
      "evaluator",          job, inputs.parts, lane, nullptr, present(inputs.dev),
      present(inputs.test), {},  worked};
  if (evaluator.dev || evaluator.test)
    start_client(io, server, evaluator, Role::kEvaluator, doors, options);

  JobRun run{job,
             members,
             federation,
             folder,
             folder.state().value_or(inputs.parts.whole_initial()),
             job_shape(inputs.parts, job),
             [&](const Json& line) {
               options.on_round(line);
               progress.begin(line.at("round").get<std::uint32_t>() + 1);
             }};
  std::exception_ptr failure;
  InterruptWatch interrupt(io, server);
  asio::co_spawn(io, run_job(run, clients), [&](std::exception_ptr bug, std::exception_ptr result) {
    failure = bug ? bug : result;
    interrupt.stop();
  });
  io.run();

  if (options.spent) *options.spent = {lane.cpu_seconds(), server_lane.cpu_seconds()};
  if (interrupt.signal() != 0) {
    leave_job(run, "interrupted");
    throw Interrupted(interrupt.signal());
  }
  if (failure) {
    leave_job(run, "failed");
    std::rethrow_exception(failure);
  }
  run.summary.controls = options.controls();
  return finish_job(run, "done");
}

}  // namespace cleave
