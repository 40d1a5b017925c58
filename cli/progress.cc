#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "server/round_table.h"

namespace cleave {

Progress::Progress(std::int64_t rounds) : rounds_(rounds), terminal_(::isatty(2) != 0) {}

Progress::~Progress() {
  if (open_) std::fputc('\n', stderr);
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
  if (!terminal_) {
    std::fprintf(stderr, "%s\n", text.c_str());
    return;
  }
  constexpr std::int64_t kWidth = 24;
  const std::int64_t done = rounds_ == 0 ? kWidth : kWidth * round / rounds_;
  const std::string bar = std::string(static_cast<std::size_t>(done), '#') +
                          std::string(static_cast<std::size_t>(kWidth - done), '.');
  std::fprintf(stderr, "\r\033[K[%s] %s%s", bar.c_str(), text.c_str(),
               round == rounds_ ? "\n" : "");
  std::fflush(stderr);
  open_ = round != rounds_;
}

}  // namespace cleave
