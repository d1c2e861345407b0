# SPDX-License-Identifier: MIT
"""Where torq's time goes while a row's load runs: samples of perf's CPU clock, sorted by whose code they fell into."""
import collections
import subprocess
import threading
import time

from contestants import WORK
from rows import ROWS, servers_of

# The first that fits: (share's name, in the shared object's name, in the symbol's name).
OWNERS = (
    ("kernel", "kernel", ""),
    ("kernel", "vdso", ""),
    ("elliptic curves", "libhogweed", ""),
    ("elliptic curves", "libgmp", ""),
    ("elliptic curves", "libcrypto", ""),
    ("elliptic curves", "libsodium", ""),
    ("TLS, packet protection", "libgnutls", ""),
    ("TLS, packet protection", "libnettle", ""),
    ("TLS, packet protection", "libngtcp2_crypto", ""),
    ("ngtcp2", "libngtcp2", ""),
    ("memory: libc", "libc", ""),
    ("torq: files, JSON", "torq", "torq::wire"),
    ("torq: files, JSON", "torq", "torq::files"),
    ("torq: files, JSON", "torq", "simdjson"),
    ("torq: store", "torq", "torq::swarm"),
    ("torq: store", "torq", "torq::tracker"),
    ("torq: QUIC, sockets, loop", "torq", ""),
    ("other libraries", "", ""),
)
SHARES = tuple(dict.fromkeys(name for name, _, _ in OWNERS))
PROFILED = ("announce-64x1", "announce-8x64", "announce-1000x1", "connect", "connect-resumed", "file-json", "file-raw")


def _owner(dso, symbol):
    return next(name for name, in_dso, in_symbol in OWNERS if in_dso in dso and in_symbol in symbol)


def _record(pid, seconds):
    """Samples, as (shared object, symbol) -> how many."""
    data = WORK / "perf.data"
    subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "4999", "-p", str(pid), "-o", data, "--", "sleep", str(seconds)],
                   check=True)
    told = subprocess.run(["perf", "report", "-q", "-i", data, "--stdio", "-t", "\t", "-F", "sample,dso,sym"], check=True,
                          capture_output=True, text=True).stdout
    samples = collections.Counter()
    for line in told.splitlines():
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) == 3:
            samples[cells[1], cells[2]] += int(cells[0])
    return samples


def profile(row, seconds=5):
    """Share -> percent of the server's samples; and what an operation costs."""
    alone = row.__class__(**{**vars(row), "contestants": ("torq",)})
    with servers_of(alone) as servers:
        figures = []
        load = threading.Thread(target=lambda: figures.append(row.measure(servers["torq"], seconds)))
        load.start()
        time.sleep(seconds / 4 + 1)  # the warm-up, which begins when all connections stand
        samples = _record(servers["torq"].pid, seconds * 0.7)
        load.join()
    total = sum(samples.values())
    shares = collections.Counter()
    for (dso, symbol), count in samples.items():
        shares[_owner(dso, symbol)] += 100 * count / total
    return {"value": round(figures[0].value, 3), "unit": row.unit, "samples": total,
            "shares": {name: round(shares[name], 1) for name in SHARES if shares[name] > 0},
            "most": [[round(100 * count / total, 1), dso, symbol] for (dso, symbol), count in samples.most_common(12)]}


def rows():
    return [row for row in ROWS if row.name in PROFILED]
