#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the includes of every module against the house's plan.

usage: check_layers.py RULES ROOT

RULES has one line per module, written by cmake/module.cmake: `module : modules it may use | third-party prefixes it may include`.
A module that does no I/O must not read a clock, entropy or the environment either: time and randomness are passed in.
"""
import pathlib
import re
import sys

GATED = ("boost/", "ngtcp2", "nghttp3", "gnutls", "sys/", "netinet/", "arpa/", "net/if", "linux/", "unistd.h", "fcntl.h",
         "poll.h", "netdb.h", "ifaddrs.h", "thread", "mutex", "shared_mutex", "fstream", "filesystem")
DOES_IO = ("boost/", "sys/socket.h", "fcntl.h")
AMBIENT = re.compile(r"_clock::now\(|random_device|getrandom\(|getentropy\(|gettimeofday\(|clock_gettime\(|\btime\(nullptr|getenv\(")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def read_rules(path):
    for line in path.read_text().splitlines():
        module, rest = line.split(" :", 1)
        depends, _, external = rest.partition("|")
        yield module, set(depends.split()), tuple(external.split())


def owner_of(header, modules, prefix):
    """The module a project header belongs to: the longest module path that contains it."""
    inside = [m for m in modules if header.startswith(f"{prefix}/{m}/")]
    return max(inside, key=len, default=None)


def sources_of(folder):
    """What the law binds: the module itself. Its unit tests may wire whatever they like."""
    return (f for f in sorted(folder.glob("*.[ch]pp")) if not f.stem.endswith("_test"))


def faults_of(root, module, depends, external, modules):
    does_io = any(prefix.startswith(DOES_IO) for prefix in external)
    for file in sources_of(root / module):
        for number, text in enumerate(file.read_text().splitlines(), 1):
            where = f"{file.relative_to(root.parent)}:{number}:"
            if not does_io and AMBIENT.search(text):
                yield f"{where} {module} is sans-IO: pass clock, entropy and environment in"
            if not (match := INCLUDE.match(text)):
                continue
            header = match[1]
            owner = owner_of(header, modules, root.name)
            if owner and owner != module and owner not in depends:
                yield f"{where} {module} may not use {owner}: see DEPENDS in its CMakeLists.txt"
            if header.startswith(GATED) and not (external and header.startswith(external)):
                yield f"{where} {module} may not include <{header}>: see EXTERNAL in its CMakeLists.txt"


def main(rules_file, root_dir):
    root = pathlib.Path(root_dir)
    rules = list(read_rules(pathlib.Path(rules_file)))
    modules = [module for module, _, _ in rules]
    faults = [fault for module, depends, external in rules for fault in faults_of(root, module, depends, external, modules)]
    print("\n".join(faults) or f"layers: {len(modules)} modules clean")
    return bool(faults)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
