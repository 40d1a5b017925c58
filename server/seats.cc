#include "server/seats.h"

namespace cleave {

Seats::Sitting::Sitting(std::shared_ptr<Taken> taken, Seat seat, std::shared_ptr<Link> link)
    : taken_(std::move(taken)), seat_(seat), link_(std::move(link)) {
  const auto older = std::exchange((*taken_)[{seat_, link_->peer()}], link_);
  if (older) older->close("displaced by a newer session of " + link_->peer());
}

Seats::Sitting::~Sitting() {
  const auto found = taken_->find({seat_, link_->peer()});
  if (found != taken_->end() && found->second == link_) taken_->erase(found);
}

std::vector<std::shared_ptr<Link>> Seats::of(Seat seat) const {
  std::vector<std::shared_ptr<Link>> out;
  for (const auto& [where, link] : *taken_) {
    if (where.first == seat) out.push_back(link);
  }
  return out;
}

std::vector<std::shared_ptr<Link>> Seats::all() const {
  std::vector<std::shared_ptr<Link>> out;
  for (const auto& [where, link] : *taken_) out.push_back(link);
  return out;
}

}  // namespace cleave
