// SPDX-License-Identifier: MIT
#pragma once
// $SSLKEYLOGFILE: GnuTLS appends the secrets of every TLS session to that file, in the form that Wireshark reads. What
// is left to us is that nobody else can read it, and that a server, whose secrets are those of others, writes none.
// Called before there are threads.

namespace torq::app {

/// Makes the file, with 0600, unless it is there; says on standard error when that is not possible, or when others can
/// read it.
void protect_key_log();

/// No secrets of this process are written.
void forbid_key_log();

}  // namespace torq::app
