// Who has joined a job, and what has crossed their links. It asks nothing of them: federation.h
// does.
//
// Not thread-safe: use from the I/O thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/wire/control.h"
#include "common/wire/link.h"
#include "server/coordinator/claims.h"

namespace cleave {

// A client that has joined and is ready.
struct Member {
  std::string id;
  Role role = Role::kClient;
  Ready ready;
  std::shared_ptr<Link> link;
  // What earlier records account for of the client's body ledger, and of what the body saw of it.
  Ledger body_seen{};
  BodyWork body_trained{}, body_evaluated{};
  std::vector<std::uint64_t> dev_labels{};  // once it has evaluated: samples of each label
  bool asked = false;                       // an answer of its is awaited
};

// Shared with the coroutines that ask a member: a newer session may replace it meanwhile.
using MemberPtr = std::shared_ptr<Member>;

class Members {
 public:
  explicit Members(const asio::any_io_executor& executor);

  // Takes a ready client in; an older session of the same id is closed.
  void admit(Member member);
  // Waits until `count` training clients are there, or the job is abandoned.
  asio::awaitable<void> wait_for_clients(std::size_t count);
  // Keeps the member's counts; forgets the member unless a newer session has its place.
  void retire(const MemberPtr& member);

  // Says goodbye to all, many at once, and closes their links.
  asio::awaitable<void> dismiss(const std::string& reason);
  // Tells all why and closes their links: what is pending fails, nobody is admitted any more.
  asio::awaitable<void> abandon(const std::string& reason);
  // Closes all links at once, untold.
  void cut_off(const std::string& reason);
  // Why the job was abandoned; empty while it goes on.
  const std::string& why_abandoned() const { return abandoned_; }
  // Whether clients are still waited for: no round has begun.
  bool waiting() const { return waiting_; }

  asio::any_io_executor executor() { return joined_.get_executor(); }

  // Ids of the clients with something to train on.
  std::vector<std::string> trainers() const;
  const MemberPtr& at(const std::string& id) const { return members_.at(id); }
  const std::map<std::string, MemberPtr>& all() const { return members_; }
  std::map<std::string, std::vector<std::uint64_t>> label_counts() const;

  // The sum over all links, closed ones included, from the clients' point of view.
  Ledger total_traffic() const;
  TlsBytes tls_bytes() const;
  // Whether every link that was closed by a goodbye carried the bytes that its other end states.
  bool tls_agrees() const { return tls_agrees_; }

 private:
  std::map<std::string, MemberPtr> members_;
  std::size_t trainer_count_ = 0;
  std::size_t wanted_ = 0;     // trainers that are waited for
  asio::steady_timer joined_;  // cancelled by the last admission that is waited for
  Ledger closed_traffic_;
  TlsBytes closed_tls_;
  bool tls_agrees_ = true;
  std::string abandoned_;
  bool waiting_ = true;
};

}  // namespace cleave
