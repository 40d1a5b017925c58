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

namespace cleave {
namespace {

// A client's own copy of its share; pixels and ids of a share are held once per process.
Dataset share_of(const Dataset& all, const std::vector<std::uint32_t>& positions) {
  Dataset out;
  for (const std::uint32_t i : positions) out.examples.push_back(all.examples[i]);
  return out;
}

// The client program's session with its links already connected.
asio::awaitable<void> run_client(const ClientContext& context, const Server& server, Role role,
                                 std::unique_ptr<Link> coordinator, std::unique_ptr<Link> body) {
  try {
    co_await join(*coordinator, role, server.model_hash);
    co_await join(*body, Role::kBody, server.model_hash, server.job_hash);
    coordinator->allow(coordinator_limits(context.parts.initial));
    body->allow(body_limits(context.parts.form));
    co_await serve_coordinator(context, *coordinator, *body);
  } catch (const UnavailableError& error) {
    log_debug(context.id + ": " + error.what());
  } catch (const Error& error) {
    log_warn(context.id + ": " + error.what());
  }
}

// Links a client up with the server and starts both ends.
void start_client(asio::io_context& io, Server& server, const ClientContext& context, Role role) {
  LinkPair control = make_memory_links(io.get_executor(), "server", context.id);
  LinkPair steps = make_memory_links(io.get_executor(), "server", context.id);
  asio::co_spawn(io, serve_connection(server, std::move(control.b)), asio::detached);
  asio::co_spawn(io, serve_connection(server, std::move(steps.b)), asio::detached);
  asio::co_spawn(io, run_client(context, server, role, std::move(control.a), std::move(steps.a)),
                 asio::detached);
}

asio::awaitable<void> run_rounds(JobRun& run, std::size_t clients, std::exception_ptr& failure) {
  try {
    co_await run.federation.wait_for_clients(clients);
    co_await run_job(run);
    co_await run.federation.dismiss("the job is done");
  } catch (...) {
    failure = std::current_exception();
  }
}

}  // namespace

Json simulate(JobInputs& inputs, const Partition& partition, RunFolder& folder,
              const SimulationOptions& options) {
  const Job& job = inputs.job;
  const Body body = make_body(inputs.model, inputs.parts.cut, parse_precision(job.model.precision));
  Lane lane(options.threads, use_one_blas_thread);
  asio::io_context io(1);
  Slots slots(io.get_executor(), static_cast<std::size_t>(job.server.max_in_flight));
  BodyService service{body, inputs.parts.form, lane, slots};
  Federation federation(io.get_executor(), job, inputs.parts.initial,
                        static_cast<std::size_t>(inputs.labels.size()), lane);
  Server server;
  server.shared_job = shared_job_toml(job);
  server.job_hash = job_hash(server.shared_job);
  server.model_hash = verify_model(inputs.model).hash;
  server.form = &inputs.parts.initial;
  server.federation = &federation;
  server.body = &service;

  const std::size_t clients = partition.clients.size();
  std::vector<std::unique_ptr<Dataset>> shares;
  std::vector<std::unique_ptr<ClientContext>> contexts;
  for (std::size_t k = 0; k < clients; ++k) {
    shares.push_back(std::make_unique<Dataset>(share_of(inputs.train, partition.clients[k])));
    contexts.push_back(std::make_unique<ClientContext>(ClientContext{
        client_id(k, clients), job, inputs.parts, lane, shares.back().get(), nullptr, nullptr}));
    start_client(io, server, *contexts.back(), Role::kClient);
  }
  const auto present = [](const Dataset& data) { return data.size() > 0 ? &data : nullptr; };
  const ClientContext evaluator{
      "evaluator", job, inputs.parts, lane, nullptr, present(inputs.dev), present(inputs.test)};
  if (evaluator.dev || evaluator.test) start_client(io, server, evaluator, Role::kEvaluator);

  JobRun run{
      job,
      federation,
      folder,
      folder.state().value_or(inputs.parts.initial),
      job_shape(job, inputs.model.config, inputs.parts.initial.numel(), inputs.labels.size()),
      options.on_round};
  std::exception_ptr failure;
  InterruptWatch interrupt(io, server);
  asio::co_spawn(io, run_rounds(run, clients, failure),
                 [&](std::exception_ptr) { interrupt.stop(); });
  io.run();

  if (interrupt.signal() != 0) {
    finish_job(run, "interrupted");
    throw Interrupted(interrupt.signal());
  }
  if (failure) {
    finish_job(run, "failed");
    std::rethrow_exception(failure);
  }
  run.summary.controls = options.controls();
  return finish_job(run, "done");
}

}  // namespace cleave
