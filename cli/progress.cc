#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "server/round_table.h"

namespace cleave {

std::string human_time(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

Progress::Progress(std::int64_t done, std::int64_t rounds)
    : before_(done), rounds_(rounds), terminal_(::isatty(2) != 0) {}

Progress::~Progress() {
  if (open_) std::fputc('\n', stderr);
}

void Progress::draw(double rounds_done, const std::string& text) {
  told_ = Clock::now();
  if (!terminal_) {
    std::fprintf(stderr, "%s\n", text.c_str());
    return;
  }
  constexpr int kWidth = 24;
  const int done =
      rounds_ == 0 ? kWidth : static_cast<int>(kWidth * rounds_done / static_cast<double>(rounds_));
  const std::string bar = std::string(static_cast<std::size_t>(done), '#') +
                          std::string(static_cast<std::size_t>(kWidth - done), '.');
  open_ = rounds_done < static_cast<double>(rounds_);
  std::fprintf(stderr, "\r\033[K[%s] %s%s", bar.c_str(), text.c_str(), open_ ? "" : "\n");
  std::fflush(stderr);
}

void Progress::within(std::uint32_t round, double share) {
  using namespace std::chrono_literals;
  if (round > rounds_) return;  // the test data, at the end
  const Clock::time_point now = Clock::now();
  if (now - told_ < (terminal_ ? Clock::duration(100ms) : Clock::duration(10s))) return;
  const double rounds_done = static_cast<double>(round) - 1 + share;
  const double made = rounds_done - static_cast<double>(before_);
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  std::string text = fmt::format("round {}/{} {:.0f} %", round, rounds_, 100 * share);
  if (made > 0) {
    const double left = seconds * (static_cast<double>(rounds_) - rounds_done) / made;
    text += ", about " + human_time(left) + " left";
  }
  draw(rounds_done, text);
}

void Progress::round(const Json& line) {
  const auto round = line.at("round").get<std::int64_t>();
  std::string text =
      fmt::format("round {}/{} loss {:.4f}", round, rounds_, line.at("loss").get<double>());
  if (line.contains("dev_accuracy")) {
    text += fmt::format(" dev {:.4f}", line.at("dev_accuracy").get<double>());
  }
  text += fmt::format(" kept {}/{} bytes {}", line.at("kept").get<std::int64_t>(),
                      line.at("samples").get<std::int64_t>(),
                      human_bytes(static_cast<double>(bill_of(traffic_of(line)).total())));
  draw(static_cast<double>(round), text);
}

}  // namespace cleave
