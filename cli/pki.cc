// cleave pki: a certificate authority for a federation, and its certificates.
#include <fmt/format.h>

#include "cli/command.h"
#include "common/wire/pki.h"

namespace cleave {
namespace {

struct PkiOptions {
  std::string folder, name;
  std::vector<std::string> hosts;
  int days = 365;
};

int init_command(const PkiOptions& options) {
  pki_init(options.folder);
  fmt::print("{0}/ca.pem\n{0}/ca.key (keep it off the servers)\n", options.folder);
  return 0;
}

int issue_command(const PkiOptions& options) {
  pki_issue(options.folder, options.name, options.hosts, options.days);
  fmt::print("{0}/{1}.pem\n{0}/{1}.key\n", options.folder, options.name);
  return 0;
}

}  // namespace

void add_pki(CLI::App& app, Run& run) {
  auto options = std::make_shared<PkiOptions>();
  CLI::App* command = app.add_subcommand("pki", "Make certificates for servers and clients");
  command->require_subcommand(1);
  CLI::App* init = command->add_subcommand("init", "Make a certificate authority");
  init->add_option("--dir", options->folder, "Its folder")->required();
  init->footer("Example:\n  cleave pki init --dir pki");
  init->callback([=, &run] { run = [=] { return init_command(*options); }; });
  CLI::App* issue = command->add_subcommand("issue", "Issue a certificate");
  issue->add_option("--dir", options->folder, "The authority's folder")->required();
  issue->add_option("--name", options->name, "The holder's id, e.g. hospital-a")->required();
  issue
      ->add_option("--host", options->hosts,
                   "A server's DNS name or address; may be repeated. Without: a client")
      ->allow_extra_args(false);
  issue->add_option("--days", options->days, "Days it is valid")->check(CLI::Range(1, 3650));
  issue->footer(
      "Example:\n  cleave pki issue --dir pki --name server --host server.example.org\n"
      "  cleave pki issue --dir pki --name hospital-a");
  issue->callback([=, &run] { run = [=] { return issue_command(*options); }; });
  command->footer(
      "Example:\n  cleave pki init --dir pki\n"
      "  cleave pki issue --dir pki --name server --host server.example.org\n"
      "  cleave pki issue --dir pki --name hospital-a");
}

}  // namespace cleave
