# SPDX-License-Identifier: MIT
"""What is measured: one Row per line of the table."""
import contextlib
import dataclasses
import time
from typing import Callable, Optional

from contestants import INTERVAL, LOAD_CORE, SERVER_CORE, Lost, Server

MILLION = 1_000_000
FILL = ("--connections", 8, "--outstanding", 64, "--in-turn", "--peers", MILLION, "--limit", MILLION, "--warm-up", 0)
# Each of the million announces to a swarm of the million, at random, and all have done so before.
POPULATION = ("--peers", MILLION, "--swarms", MILLION)
TRACKERS, ALL = ("torq", "quinn"), ("torq", "quinn", "bare")


@dataclasses.dataclass(frozen=True)
class Figure:
    value: float
    load: float = 0.0  # the share of its core that the load took


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    what: str
    unit: str
    contestants: tuple
    measure: Callable  # (server, seconds) -> Figure; or (contestant's name) -> Figure when `fresh`
    target: str
    against: Optional[str] = "quinn"
    fresh: bool = False  # each measurement starts a server of its own
    filled: bool = False
    file: Optional[str] = None
    pairs: int = 0  # at most; 0: as many as asked
    more_is_better: bool = False


def _loaded(mode, *options, figure):
    def measure(server, seconds):
        result = server.load(mode, *options, "--warm-up", seconds / 4, "--seconds", seconds)
        return Figure(figure(result), result["load_cpu"] / result["seconds"])

    return measure


def _us_per_answer(result):
    return result["server_cpu"] * 1e6 / result["answers"]


def _announce(connections, outstanding):
    return _loaded("announce", "--connections", connections, "--outstanding", outstanding, *POPULATION, figure=_us_per_answer)


def _connect(*options):
    return _loaded("connect", "--connections", 16, *options, *POPULATION, figure=_us_per_answer)


def _mb_per_cpu_second(size):
    """`size` is that of the file: a list of numbers is longer, and is not what is wanted."""

    def figure(result):
        if result["answer_bytes"] < size:
            raise Lost("no file came to its end")
        return result["bytes"] * (size / result["answer_bytes"]) / result["server_cpu"] / 1e6

    return figure


def _idle(name):
    connections = 5000
    with Server(name) as server:
        server.load("connect", "--connections", 16, "--limit", 100, "--warm-up", 0)
        before = server.resident()
        with server.held(connections):
            return Figure((server.resident() - before) / connections / 1000)


def _store(swarms):
    def measure(name):
        with Server(name) as server:
            server.load("announce", *FILL, "--peers", 2000, "--limit", 100_000, "--swarms", swarms, "--first", 2 * MILLION)
            before = server.resident()
            server.load("announce", *FILL, "--swarms", swarms)
            return Figure((server.resident() - before) / MILLION)

    return measure


def _growing(name):
    with Server(name) as server:
        result = server.load("announce", "--connections", 64, "--in-turn", "--peers", MILLION, "--limit", MILLION, "--warm-up", 0)
        return Figure(result["p99_us"] / 1000, result["load_cpu"] / result["seconds"])


# Slow enough that no answer waits for another.
STEADY = ("--connections", 64, "--rate", 5000, "--peers", 1000, "--first", 4 * MILLION, "--warm-up", 1)


def _expiring(name):
    """The slowest answers of a slow, steady load while a million peers go, less those of the same load before."""
    interval = 10
    lifetime = 2 * interval + 30
    with Server(name, interval=interval) as server:
        began = time.monotonic()
        server.load("announce", *FILL, "--swarms", MILLION)
        took = time.monotonic() - began
        before = server.load("announce", *STEADY, "--seconds", 15)
        time.sleep(max(0.0, began + lifetime - 3 - time.monotonic()))
        during = server.load("announce", *STEADY, "--seconds", took + 10)
        return Figure((during["p9999_us"] - before["p9999_us"]) / 1000, during["load_cpu"] / during["seconds"])


def _written_down(name):
    """The same while a million peers are written down every other second, less those of a server that never does."""
    found = []
    for period in (0, 2):
        with Server(name, "--snapshot-interval", period) as server:
            server.load("announce", *FILL, "--swarms", MILLION)
            found.append(server.load("announce", *STEADY, "--seconds", 20))
    return Figure((found[1]["p9999_us"] - found[0]["p9999_us"]) / 1000, found[1]["load_cpu"] / found[1]["seconds"])


def _workers(name):
    with Server(name, cores=(SERVER_CORE, LOAD_CORE)) as server:
        before = server.thread_times()
        result = server.load("announce", "--connections", 1000, "--sockets", 1000, *POPULATION, "--warm-up", 1, "--seconds", 5)
        ran = sorted(after - before.get(thread, 0) for thread, after in server.thread_times().items())[-2:]
        print(f"  the two workers' shares of the time: {ran[0] / sum(ran):.0%} and {ran[1] / sum(ran):.0%}")
        return Figure(_us_per_answer(result), result["load_cpu"] / result["seconds"])


ROWS = [
    Row("announce-64x1", "announce, 64 open connections, 1 outstanding each", "us", ALL, _announce(64, 1), "at most 0.9 x quinn",
        filled=True),
    Row("announce-8x64", "announce, 8 connections, 64 outstanding each", "us", ALL, _announce(8, 64), "at most 0.5 x quinn",
        filled=True),
    Row("announce-1000x1", "announce, 1000 connections, 1 outstanding each", "us", ALL, _announce(1000, 1), "at most 1.0 x quinn",
        filled=True),
    Row("connect", "new connection, announce, close; full handshake", "us", ALL, _connect(), "at most 1.05 x quinn"),
    Row("connect-resumed", "the same, resumed", "us", ALL, _connect("--resume"), "at most 1.05 x quinn"),
    Row("file-json", "medium.bin as a JSON list, bytes of the file per core second", "MB", TRACKERS,
        _loaded("file", "--connections", 4, "--file", "medium.bin", figure=_mb_per_cpu_second(500_000)), "at least 1.0 x quinn",
        more_is_better=True),
    Row("file-raw", "large.bin raw, bytes per core second", "MB", ALL,
        _loaded("file", "--connections", 4, "--file", "large.bin", "--raw", figure=_mb_per_cpu_second(20_000_000)),
        "at least 1.3 x quinn", file="large.bin", more_is_better=True),
    Row("idle", "resident memory per idle connection, 5,000 of them", "kB", ALL, _idle, "at most 36 kB", fresh=True, pairs=3),
    Row("growing", "p99 of an announce, 64 x 1, while the store grows by 1 M torrents", "ms", ALL, _growing,
        "under 1 ms, or as bare", against="bare", fresh=True, pairs=5),
    Row("memory-peer", "memory per peer, one swarm of 1 M IPv4 peers", "bytes", TRACKERS, _store(1), "at most 10 bytes", fresh=True,
        pairs=1),
    Row("memory-torrent", "memory per torrent with one peer, 1 M of them", "bytes", TRACKERS, _store(0), "at most 130 bytes",
        fresh=True, pairs=1),
    Row("expiry", "p99.99 of an announce while a million peers expire, over the same run before", "ms", ("torq",), _expiring,
        "at most 5 ms", against=None, fresh=True, pairs=1),
    Row("snapshot", "p99.99 of an announce while a million peers are written down, over the same without", "ms", ("torq",),
        _written_down, "at most 5 ms", against=None, fresh=True, pairs=1),
    Row("workers", "announce, 1000 connections x 1, two workers and the load on the same two cores", "us", ("torq of two workers",),
        _workers, "reported only", against=None, fresh=True, pairs=1),
]


@contextlib.contextmanager
def servers_of(row):
    """All contestants of a row at once, ready to be measured in turn; those that wait cost next to nothing."""
    with contextlib.ExitStack() as stack:
        started = {name: stack.enter_context(Server(name, file=row.file)) for name in row.contestants}
        for name, server in started.items():
            if row.filled and name != "bare":
                server.load("announce", *FILL, "--swarms", MILLION)
        yield started
