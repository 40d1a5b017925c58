// The coordinator's side of a job: who has joined, and what it asks of them each round. It never
// receives activations.
//
// Not thread-safe: use from the I/O thread; averaging runs on the lane. Memory bound: FedAvg's, and
// one update per participant in transit.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/lane.h"
#include "common/config/job.h"
#include "common/tuning/state.h"
#include "common/wire/link.h"
#include "server/coordinator/record.h"

namespace cleave {

// A client that has joined and is ready.
struct Member {
  std::string id;
  Role role = Role::kClient;
  Ready ready;
  std::shared_ptr<Link> link;
  Ledger body_seen{};  // the client's body ledger that earlier records account for
  bool asked = false;  // an answer of its is awaited
};

class Federation {
 public:
  // Without a deadline, as in simulations, no result depends on how fast the machine is.
  Federation(const asio::any_io_executor& executor, const Job& job, State form, std::size_t labels,
             Lane& lane, std::optional<std::chrono::milliseconds> round_deadline);

  // Takes a ready client in; an older session of the same id is closed.
  void admit(Member member);
  // Waits until `count` training clients are there.
  asio::awaitable<void> wait_for_clients(std::size_t count);

  // Picks participants, trains, averages: returns the new state. Clients that fail are named in the
  // record and forgotten. Errors: UnavailableError with fewer than min_clients updates.
  asio::awaitable<State> run_round(std::uint32_t round, const State& global, RoundRecord& record);

  // Sends `state` to whoever evaluates and collects counts; empty when nobody can.
  asio::awaitable<Evaluation> evaluate(std::uint32_t round, EvalSet set, const State& state,
                                       RoundRecord& record);

  // Says goodbye to all members and closes their links.
  asio::awaitable<void> dismiss(const std::string& reason);
  // Tells all members why and closes their links: what is pending fails, nobody is admitted.
  asio::awaitable<void> abandon(const std::string& reason);
  // Closes all members' links at once, untold.
  void cut_off(const std::string& reason);
  bool abandoned() const { return !abandoned_.empty(); }
  const std::string& why_abandoned() const { return abandoned_; }
  // Whether clients are still waited for: no round has begun.
  bool waiting() const { return waiting_; }

  std::map<std::string, std::vector<std::uint64_t>> label_counts() const;
  // The sum over all links, closed ones included, from the clients' point of view.
  Ledger total_traffic() const;
  TlsBytes tls_bytes() const;
  // Whether every link that was closed by a goodbye carried the bytes that its other end states.
  bool tls_agrees() const { return tls_agrees_; }

 private:
  using MemberPtr = std::shared_ptr<Member>;
  struct Average;
  // What asking one member came to: its answer, or why there is none.
  template <class T>
  struct Outcome {
    MemberPtr member;
    std::optional<T> answer;
    std::string failure;
    bool gone = false;  // the member, and not only its answer, is lost
  };

  asio::awaitable<Participant> train_one(MemberPtr member, std::uint32_t round, const State& global,
                                         Average& average);
  asio::awaitable<Evaluation::PerClient> evaluate_one(MemberPtr member, std::uint32_t round,
                                                      EvalSet set, const State& state);
  template <class T>
  asio::awaitable<Outcome<T>> attempt(MemberPtr member, asio::awaitable<T> task);
  template <class T>
  std::vector<T> settle(std::vector<Outcome<T>> outcomes, RoundRecord& record);
  asio::steady_timer start_deadline(std::vector<MemberPtr> asked);
  void retire(const MemberPtr& member);
  std::vector<std::string> trainers() const;

  asio::any_io_executor executor_;
  const Job& job_;
  State form_;
  std::size_t labels_;
  Lane& lane_;
  std::optional<std::chrono::milliseconds> round_deadline_;
  // Shared with the coroutines that ask a member: a newer session may replace it meanwhile.
  std::map<std::string, MemberPtr> members_;
  asio::steady_timer joined_;  // cancelled at every admission
  Ledger closed_traffic_;
  TlsBytes closed_tls_;
  bool tls_agrees_ = true;
  std::string abandoned_;
  bool waiting_ = true;
};

}  // namespace cleave
