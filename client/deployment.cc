#include "client/deployment.h"

#include <fmt/format.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>

#include "client/load_data.h"
#include "client/local_model.h"
#include "client/predictions.h"
#include "client/session.h"
#include "client/split_step.h"
#include "common/base/error.h"
#include "common/base/log.h"
#include "common/base/peak_rss.h"
#include "common/data/load_dataset.h"
#include "common/exchange/deadlines.h"
#include "common/exchange/job_size.h"
#include "common/model/model_lock.h"
#include "common/model/threads.h"
#include "common/wire/deadline.h"
#include "common/wire/farewell.h"
#include "common/wire/goodbye.h"
#include "common/wire/tls_link.h"

namespace cleave {
namespace {

constexpr std::chrono::seconds kPatience{2};

// What a device holds before it knows the job.
struct Device {
  explicit Device(const ClientConfig& c)
      : config(c),
        model(open_model(c.model)),
        hash(verify_model(model).hash),
        tls(make_tls_context({c.cert, c.key, c.ca}, TlsSide::kClient)),
        lane(1, [threads = static_cast<int>(c.threads)] { use_blas_threads(threads); }) {}

  const ClientConfig& config;
  Model model;
  Digest hash;
  asio::ssl::context tls;
  asio::io_context io{1};
  Lane lane;
  std::shared_ptr<Link> coordinator{};  // once connected; told when a signal ends the client
};

// What the job makes of it.
struct Joined {
  explicit Joined(Job given) : job(std::move(given)) {}

  Job job;
  std::optional<LabelMap> labels;
  std::optional<JobParts> parts;
  std::unique_ptr<Tokenizer> tokenizer;
  InputForm form;
  Dataset train, dev;
};

void prepare(Joined& joined, const Device& device) {
  const ModelConfig& config = device.model.config;
  joined.labels = make_label_map(joined.job, config);
  check_job_size(joined.job, config, joined.labels->size());
  joined.parts =
      make_job_parts(device.model, joined.job, *joined.labels, nullptr, Values::kFormOnly);
  if (!config.is_image()) joined.tokenizer = load_tokenizer(device.config.model);
  joined.form = input_form(*joined.parts, joined.tokenizer.get());
}

DataOptions data_options(const Job& job) { return {job.data.columns, job.data.header, ""}; }

void load_data(Joined& joined, const ClientConfig& config) {
  const DataOptions options = data_options(joined.job);
  if (config.data.empty()) throw DataError("the key \"data\" is missing: this device's data");
  joined.train = load_data(config.data, *joined.parts, joined.form, *joined.labels, options);
  if (!config.dev.empty()) {
    joined.dev = load_data(config.dev, *joined.parts, joined.form, *joined.labels, options);
  }
}

// A server that shakes hands and then says nothing is waited for no longer than for its handshake.
asio::awaitable<HelloOk> join_in_time(Device& device, Link& link, Role role, Deadlines deadlines,
                                      const Digest& job) {
  const Deadline deadline(device.io.get_executor(), link, deadlines.connect,
                          "no answer to the hello in time");
  co_return co_await join(link, role, device.hash, job);
}

asio::awaitable<std::unique_ptr<Link>> join_body(Device& device, const Joined& joined,
                                                 const HelloOk& ok) {
  const Address address = parse_address(ok.body.empty() ? device.config.server : ok.body);
  const Deadlines deadlines = link_deadlines(joined.job);
  auto body = co_await tls_connect(device.tls, address, deadlines);
  const Digest hash = job_hash(ok.job);
  co_await join_in_time(device, *body, Role::kBody, deadlines, hash);
  body->allow(body_limits(joined.parts->form));
  co_return body;
}

asio::awaitable<HelloOk> join_coordinator(Device& device, Role role) {
  const Address address = parse_address(device.config.server);
  device.coordinator = co_await tls_connect(device.tls, address, {});
  const Digest none{};
  HelloOk ok = co_await join_in_time(device, *device.coordinator, role, {}, none);
  allow_silence(*device.coordinator, link_deadlines(parse_shared_job(ok.job)).silence);
  co_return ok;
}

asio::awaitable<void> follow_job(Device& device, const HelloOk& ok) {
  Link& coordinator = *device.coordinator;
  Joined joined(parse_shared_job(ok.job));
  co_await device.lane.run([&] {
    prepare(joined, device);
    load_data(joined, device.config);
  });
  coordinator.allow(coordinator_limits(joined.parts->initial));
  const auto body = co_await join_body(device, joined, ok);
  log_info(fmt::format("joined {}, {} samples", coordinator.peer(), joined.train.size()));
  const ClientContext context{own_identity(device.tls),
                              joined.job,
                              *joined.parts,
                              device.lane,
                              &joined.train,
                              joined.dev.size() > 0 ? &joined.dev : nullptr,
                              nullptr,
                              round_deadline(joined.job)};
  co_await serve_coordinator(context, coordinator, *body);
}

asio::awaitable<void> take_part(Device& device) {
  const HelloOk ok = co_await join_coordinator(device, Role::kClient);
  co_await tell_kind_on_failure(*device.coordinator, follow_job(device, ok));
}

// The state to predict with.
asio::awaitable<Frame> receive_predictions(Device& device, std::chrono::milliseconds patience) {
  const Deadline deadline(device.io.get_executor(), *device.coordinator, patience,
                          "no state within a round's deadline");
  co_return co_await receive_expected(*device.coordinator, Kind::kEvalState, 0, 0);
}

asio::awaitable<void> classify(Device& device, const std::filesystem::path& inputs) {
  const HelloOk ok = co_await join_coordinator(device, Role::kPredictor);
  Link& coordinator = *device.coordinator;
  Joined joined(parse_shared_job(ok.job));
  co_await device.lane.run([&] {
    prepare(joined, device);
    if (joined.parts->task == Task::kCausalLm) {
      throw DataError("the job's model continues texts: take `cleave predict` with its run folder");
    }
    joined.train = load_unlabelled(inputs, joined.form, data_options(joined.job));
  });
  coordinator.allow(coordinator_limits(joined.parts->initial));
  const Frame frame = co_await receive_predictions(device, round_deadline(joined.job));
  const std::unique_ptr<const LocalModel> local = co_await device.lane.run([&] {
    return std::make_unique<LocalModel>(*joined.parts, joined.job,
                                        parse_finite_state(frame, joined.parts->initial));
  });
  const auto body = co_await join_body(device, joined, ok);
  StepId id;
  for (const Batch& batch : in_order_batches(joined.train, joined.job.eval.batch)) {
    const Deadline deadline(device.io.get_executor(), *body, round_deadline(joined.job),
                            "no answer within a round's deadline");
    const at::Tensor logits =
        co_await split_logits(*local, *body, device.lane, batch, joined.parts->form, id);
    fmt::print("{}", prediction_lines(logits, joined.labels->names()));
    ++id.step;
  }
  co_await say_goodbye(*body, "done");
}

// Says why this client goes, for as long as kPatience.
void leave(asio::io_context& io, Device& device, asio::steady_timer& patience) {
  const auto stop = [&io](auto&&...) { io.stop(); };
  patience.expires_after(kPatience);
  patience.async_wait(stop);
  if (!device.coordinator) return io.stop();
  asio::co_spawn(
      io, send_farewell(device.coordinator, Exit::kUnavailable, "this client was interrupted"),
      stop);
}

// Runs the task to its end or to the first signal; a second one kills.
void run_to_end(Device& device, asio::awaitable<void> (*task)(Device&, const fs::path&),
                const fs::path& inputs) {
  asio::io_context& io = device.io;
  asio::signal_set signals(io, SIGINT, SIGTERM);
  asio::steady_timer patience(io);
  int signal = 0;
  const std::function<void()> watch = [&] {
    signals.async_wait([&](const boost::system::error_code& cancelled, int number) {
      if (cancelled) return;
      if (signal != 0) std::_Exit(128 + number);
      signal = number;
      leave(io, device, patience);
      watch();
    });
  };
  watch();
  std::exception_ptr failure;
  asio::co_spawn(io, task(device, inputs), [&](std::exception_ptr thrown) {
    failure = thrown;
    signals.cancel();
    device.coordinator.reset();  // an open link would keep the loop alive
  });
  io.run();
  if (signal != 0) throw Interrupted(signal);
  if (failure) std::rethrow_exception(failure);
  log_info(fmt::format("peak RSS {} MB, {} threads, {}", peak_rss_mb(), device.config.threads,
                       blas_description()));
}

}  // namespace

void run_client(const ClientConfig& config) {
  Device device(config);
  run_to_end(device, [](Device& d, const fs::path&) { return take_part(d); }, {});
}

void predict_through_server(const ClientConfig& config, const fs::path& inputs) {
  Device device(config);
  run_to_end(
      device, [](Device& d, const fs::path& path) { return classify(d, path); }, inputs);
}

}  // namespace cleave
