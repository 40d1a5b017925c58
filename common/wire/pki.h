// A small certificate authority in a folder: makes the CA and issues certificates that TLS accepts.
// It does not enrol, renew or revoke.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cleave {

// Writes ca.pem and ca.key (0600). Errors: UsageError when a CA is there already.
void pki_init(const std::filesystem::path& folder);

// Writes NAME.pem and NAME.key (0600). With `hosts` the certificate is a server's and names them;
// without, it is a client's and its only subject alternative name is `name`, the client's id.
// Errors: UsageError for a bad name or an existing file, IoError.
void pki_issue(const std::filesystem::path& folder, const std::string& name,
               const std::vector<std::string>& hosts, int days = 365);

}  // namespace cleave
