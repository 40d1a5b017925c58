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

void BodyCopies::lend(const std::string& client, std::shared_ptr<BodyModel> copy) {
  lent_[client] = std::move(copy);
}

void BodyCopies::take_back(const std::string& client) { lent_.erase(client); }

std::shared_ptr<BodyModel> BodyCopies::training(const std::string& client) const {
  if (!tuned_) return shown_;
  const auto own = lent_.find(client);
  if (own == lent_.end()) {
    throw ProtocolError("a training step from " + client + ", which takes no part in the round");
  }
  return own->second;
}

}  // namespace cleave
