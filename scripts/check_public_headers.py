#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the public headers of the client library against its promise: only the standard library and ours.

usage: check_public_headers.py ROOT INSTALLED...

ROOT is the folder that includes are written from; INSTALLED are the headers, relative to it, that an installation has. Each may
include headers of the C++20 standard library and others of the list; and the list is no longer than what the client's headers reach.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
STANDARD = set("""
algorithm any array atomic barrier bit bitset charconv chrono compare complex concepts condition_variable coroutine deque exception
execution filesystem format forward_list fstream functional future initializer_list iomanip ios iosfwd iostream istream iterator latch
limits list locale map memory memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex
scoped_allocator semaphore set shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view
syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector version
cassert cctype cerrno cfenv cfloat cinttypes climits clocale cmath csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime
cuchar cwchar cwctype
""".split())


def includes_of(file):
    for number, text in enumerate(file.read_text().splitlines(), 1):
        if match := INCLUDE.match(text):
            yield number, match[1]


def faults_of(root, installed):
    reached = {header for header in installed if header.startswith("torq/client/")}
    for header in sorted(installed):
        for number, name in includes_of(root / header):
            if name in installed:
                reached.add(name)
            elif name not in STANDARD:
                yield f"{header}:{number}: a public header may not include {name}"
    for header in sorted(installed - reached):
        yield f"{header}: installed, but no header of the client needs it"


def main(root, *installed):
    faults = list(faults_of(pathlib.Path(root), set(installed)))
    print("\n".join(faults) or f"public headers: {len(installed)} clean")
    return bool(faults)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
