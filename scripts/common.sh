# SPDX-License-Identifier: MIT
# What the scripts share; sourced, never run. Standard output belongs to what a script is asked for, so all talk goes to standard error.
# shellcheck shell=bash
set -euo pipefail
shopt -s inherit_errexit
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() { say "$@"; exit 1; }

# at_least HAVE WANTED, both dotted numbers.
at_least() { [ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# quietly LOG COMMAND…: a person at a terminal watches; anyone else sees the output only if the command fails.
quietly() {
  local log=$1 status=0
  shift
  if [ -t 2 ]; then "$@" >&2; return; fi
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  [ "$status" = 0 ] || { tail -n 80 "$log" >&2; say "failed ($status): $* (all of its output: $log)"; }
  return "$status"
}

# The newest Rust that a crate of the tests asks for; nothing where there is no crate.
rust_wanted() {
  find "$project/tests" -path "*/interop/*/Cargo.toml" -exec sed -n 's/^rust-version *= *"\(.*\)".*/\1/p' {} + | sort -V | tail -n 1
}

# Prints the folder of a cargo and rustc that are new enough: those on the PATH, rustup's, or Debian's.
rust_folder() {
  local folder tool
  for folder in "$(dirname "$(command -v cargo || echo /nowhere/cargo)")" "$HOME/.cargo/bin" /usr/bin; do
    for tool in cargo rustc; do
      at_least "$("$folder/$tool" --version 2>/dev/null | cut -d ' ' -f 2)" "$1" || continue 2
    done
    echo "$folder"
    return
  done
  return 1
}
