#include "server/coordinator/members.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/gather.h"
#include "common/base/log.h"
#include "common/wire/farewell.h"
#include "common/wire/goodbye.h"

namespace cleave {
namespace {

bool trains(const Member& member) {
  return member.role == Role::kClient && member.ready.samples > 0;
}

// Bounds the memory of a large federation's end; who is mute holds up no more than so many.
constexpr std::size_t kFarewellsAtOnce = 64;

// Whether the TLS bytes agree; also where the member has gone, since there is nothing to compare.
asio::awaitable<bool> see_off(MemberPtr member, std::string reason) {
  try {
    co_return co_await say_goodbye(*member->link, reason);
  } catch (const Error& error) {
    log_debug(error.what());
  }
  co_return true;
}

}  // namespace

Members::Members(const asio::any_io_executor& executor)
    : joined_(executor, asio::steady_timer::time_point::max()) {}

void Members::admit(Member joining) {
  if (!abandoned_.empty()) {
    joining.link->close(abandoned_);
    return;
  }
  const auto member = std::make_shared<Member>(std::move(joining));
  if (const auto old = members_.find(member->id); old != members_.end()) {
    old->second->link->close("displaced by a newer session of " + member->id);
    retire(old->second);
  }
  log_info("joined: " + member->id + " samples=" + std::to_string(member->ready.samples));
  members_[member->id] = member;
  trainer_count_ += trains(*member);
  if (trainer_count_ >= wanted_) joined_.cancel();
}

void Members::retire(const MemberPtr& member) {
  const auto found = members_.find(member->id);
  if (found == members_.end() || found->second != member) return;
  closed_traffic_ += mirror(member->link->ledger());
  closed_tls_ += member->link->tls_bytes();
  trainer_count_ -= trains(*member);
  members_.erase(found);
}

std::vector<std::string> Members::trainers() const {
  std::vector<std::string> ids;
  for (const auto& [id, member] : members_) {
    if (trains(*member)) ids.push_back(id);
  }
  return ids;
}

asio::awaitable<void> Members::wait_for_clients(std::size_t count) {
  wanted_ = count;
  while (trainer_count_ < count && abandoned_.empty()) {
    boost::system::error_code cancelled;
    co_await joined_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    joined_.expires_at(asio::steady_timer::time_point::max());
  }
  waiting_ = false;
}

asio::awaitable<void> Members::dismiss(const std::string& reason) {
  while (!members_.empty()) {
    std::vector<MemberPtr> leaving;
    for (const auto& [id, member] : members_) {
      if (leaving.size() < kFarewellsAtOnce) leaving.push_back(member);
    }
    std::vector<asio::awaitable<bool>> goodbyes;
    for (const MemberPtr& member : leaving) goodbyes.push_back(see_off(member, reason));
    for (const bool agrees : co_await gather(std::move(goodbyes))) tls_agrees_ &= agrees;
    for (const MemberPtr& member : leaving) retire(member);
  }
}

asio::awaitable<void> Members::abandon(const std::string& reason) {
  abandoned_ = reason;
  joined_.cancel();
  std::vector<asio::awaitable<bool>> farewells;
  for (const auto& [id, member] : members_) {
    farewells.push_back(send_farewell(member->link, Exit::kUnavailable, reason));
  }
  co_await gather(std::move(farewells));
  cut_off(reason);
}

void Members::cut_off(const std::string& reason) {
  for (const auto& [id, member] : members_) member->link->close(reason);
}

std::map<std::string, std::vector<std::uint64_t>> Members::label_counts() const {
  std::map<std::string, std::vector<std::uint64_t>> out;
  for (const auto& [id, member] : members_) {
    if (member->role == Role::kClient) out[id] = member->ready.label_counts;
  }
  return out;
}

Ledger Members::total_traffic() const {
  Ledger sum = closed_traffic_;
  for (const auto& [id, member] : members_) sum += mirror(member->link->ledger());
  return sum;
}

TlsBytes Members::tls_bytes() const {
  TlsBytes sum = closed_tls_;
  for (const auto& [id, member] : members_) sum += member->link->tls_bytes();
  return sum;
}

}  // namespace cleave
