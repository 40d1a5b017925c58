// One client's round: score and select, bypass epochs, the split pass, and the account of it (spec
// sfprompt.md 3). What it draws is a function of (seed, round, client id).
#pragma once

#include <cstdint>

#include "client/context.h"
#include "common/wire/control.h"
#include "common/wire/link.h"

namespace cleave {

struct RoundWork {
  State state;
  Report report;  // all but the coordinator's ledger
};

// Trains from `global`. At the end both ends of `body` compare their ledgers.
// Errors: UnavailableError, ProtocolError.
asio::awaitable<RoundWork> train_round(const ClientContext& context, Link& body,
                                       std::uint32_t round, State global);

// The order in which a pass of an epoch visits `kept`: what a plan of a job uses as well.
std::vector<std::uint32_t> pass_order(const Job& job, std::vector<std::uint32_t> kept,
                                      std::string_view pass, std::uint32_t round,
                                      std::int64_t epoch, const std::string& client);

}  // namespace cleave
