#include "server/round_table.h"

#include <fmt/format.h>

namespace cleave {
namespace {

std::string measure_line(const Json& summary, const char* key, const char* label) {
  if (!summary.contains(key)) return {};
  return fmt::format("{:<34} {:.4f}\n", label, summary.at(key).get<double>());
}

}  // namespace

std::string human_bytes(double bytes) {
  const char* const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < std::size(units)) {
    bytes /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, units[unit]);
}

std::string RoundTable::row(const Json& line) {
  std::string out;
  if (std::exchange(heading_, false)) {
    out = fmt::format("{:>5} {:>8} {:>10} {:>13} {:>11} {:>10} {:>10}\n", "round", "loss",
                      line.contains("dev_perplexity") ? "perplexity" : "accuracy", "participants",
                      "kept", "up", "down");
  }
  const bool language = line.contains("dev_perplexity");
  const char* const measure = language ? "dev_perplexity" : "dev_accuracy";
  const std::string value =
      line.contains(measure) ? fmt::format("{:.4f}", line.at(measure).get<double>()) : "-";
  const std::size_t lost = line.at("lost").size();
  const std::string participants = std::to_string(line.at("participants").size()) +
                                   (lost == 0 ? std::string() : fmt::format(" ({} lost)", lost));
  const Bill bill = bill_of(traffic_of(line));
  return out + fmt::format("{:>5} {:>8.4f} {:>10} {:>13} {:>11} {:>10} {:>10}\n",
                           line.at("round").get<int>(), line.at("loss").get<double>(), value,
                           participants,
                           fmt::format("{}/{}", line.at("kept").get<std::uint64_t>(),
                                       line.at("samples").get<std::uint64_t>()),
                           human_bytes(static_cast<double>(bill.up)),
                           human_bytes(static_cast<double>(bill.down)));
}

std::string bill_text(const Bill& bill) {
  const auto human = [](std::uint64_t bytes) { return human_bytes(static_cast<double>(bytes)); };
  return fmt::format(
      "bytes on the sockets {} ({}): training {}, evaluation {}, handshakes and greetings {}; "
      "up {}, down {}\n",
      bill.total(), human(bill.total()), human(bill.training), human(bill.evaluation),
      human(bill.sessions), human(bill.up), human(bill.down));
}

std::string summary_text(const Json& summary) {
  const auto in_sockets = [&](const char* key) {
    return summary.at("bytes").at("sockets").at(key).get<std::uint64_t>();
  };
  std::string out = bill_text({in_sockets("training"), in_sockets("evaluation"),
                               in_sockets("sessions"), in_sockets("up"), in_sockets("down")});
  out += "status " + summary.at("status").get<std::string>() + "\n";
  out += measure_line(summary, "dev_accuracy", "dev accuracy");
  out += measure_line(summary, "dev_accuracy_last_five", "dev accuracy, mean of last five");
  out += measure_line(summary, "dev_perplexity", "dev perplexity");
  out += measure_line(summary, "dev_perplexity_last_five", "dev perplexity, mean of last five");
  out += measure_line(summary, "test_accuracy", "test accuracy");
  out += measure_line(summary, "test_perplexity", "test perplexity");
  out += measure_line(summary, "control_resets_dev_accuracy", "control, optimiser reset each pass");
  out += measure_line(summary, "control_continuous_dev_accuracy", "control, continuous with decay");
  const Json& bytes = summary.at("bytes");
  out += fmt::format("{:<16} {:>5} {:>9} {:>16}\n", "bytes by kind", "", "frames", "payload");
  for (const char* direction : {"up", "down"}) {
    for (const auto& [kind, pair] : bytes.at("by_kind").at(direction).items()) {
      out += fmt::format("  {:<14} {:>5} {:>9} {:>16}\n", kind, direction,
                         pair.at(0).get<std::uint64_t>(), pair.at(1).get<std::uint64_t>());
    }
  }
  out += fmt::format(
      "training payload {} ({}), closed form {}: {}\n", bytes.at("total").get<std::uint64_t>(),
      human_bytes(bytes.at("total").get<double>()), bytes.at("closed_form").get<std::uint64_t>(),
      bytes.at("equal_to_closed_form").get<bool>()
          ? "equal to the byte"
          : "THEY DIFFER: " + bytes.at("difference").get<std::string>());
  out +=
      fmt::format("client work {:.3g} FLOP, body work {:.3g} FLOP\n",
                  summary.at("client_flops").get<double>(), summary.at("body_flops").get<double>());
  return out;
}

std::string measured_text(const Json& measured) {
  std::string out;
  if (measured.contains("tls_bytes")) {
    const Json& tls = measured.at("tls_bytes");
    const auto up = tls.at("received").get<double>(), down = tls.at("sent").get<double>();
    out = fmt::format("measured on the sockets {}: up {}, down {} (TLS, handshakes included)\n",
                      human_bytes(up + down), human_bytes(up), human_bytes(down));
  }
  return out + fmt::format("peak RSS {} MB, {} threads, {}, {:.1f} s\n",
                           measured.at("peak_rss_mb").get<int>(), measured.at("threads").get<int>(),
                           measured.at("blas").get<std::string>(),
                           measured.at("wall_seconds").get<double>());
}

}  // namespace cleave
