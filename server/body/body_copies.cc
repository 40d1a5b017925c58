#include "server/body/body_copies.h"

#include "common/base/error.h"

namespace cleave {

BodyCopies::BodyCopies(const JobParts& parts, const Job& job)
    : parts_(parts),
      job_(job),
      tuned_(!parts.body_initial.tensors.empty()),
      shown_(std::make_shared<BodyModel>(parts, job, parts.body_initial)) {}

std::shared_ptr<BodyModel> BodyCopies::make(const State& whole) const {
  return std::make_shared<BodyModel>(parts_, job_, body_part(whole, parts_));
}

void BodyCopies::lend(const std::string& client, std::shared_ptr<BodyModel> copy,
                      std::uint32_t round, std::uint64_t samples) {
  lent_[client] = {std::move(copy), round, samples};
}

void BodyCopies::take_back(const std::string& client) { lent_.erase(client); }

std::shared_ptr<BodyModel> BodyCopies::training(const std::string& client, std::uint32_t round,
                                                std::uint32_t step) const {
  if (!tuned_) return shown_;
  const auto own = lent_.find(client);
  if (own == lent_.end() || own->second.round != round) {
    throw ProtocolError("a training step of round " + std::to_string(round) + " from " + client +
                        ", which takes no part in it");
  }
  const Lent& lent = own->second;
  lent.copy->trainer().set_step(global_step(job_, round, lent.samples, step));
  return lent.copy;
}

}  // namespace cleave
