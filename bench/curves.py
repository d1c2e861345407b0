# SPDX-License-Identifier: MIT
"""How cost grows: each Curve is one thing that grows, and what an operation then costs the server."""
import dataclasses
import hashlib
from typing import Callable

from contestants import WORK, Lost, Server

FILL = ("--connections", 8, "--outstanding", 64, "--in-turn", "--warm-up", 0)
BOTH = ("torq", "quinn")


@dataclasses.dataclass(frozen=True)
class Curve:
    name: str
    grows: str
    unit: str
    at: tuple
    contestants: tuple
    measure: Callable  # (contestant's name, what grows at this point) -> value


def _us_per_answer(result):
    return result["server_cpu"] * 1e6 / result["answers"]


WINDOW = ("--warm-up", 0.3, "--seconds", 0.6)
WINDOWS = 3  # of which the best counts: what disturbs a server only ever makes it slower


def _announce(server, connections, peers, swarms):
    return min(_us_per_answer(server.load("announce", "--connections", connections, "--peers", peers, "--swarms", swarms, *WINDOW))
               for _ in range(WINDOWS))


def _fill(server, peers, swarms):
    server.load("announce", *FILL, "--peers", peers, "--limit", max(peers, 100), "--swarms", swarms)


def _connections(name, count):
    with Server(name) as server:
        _fill(server, 100_000, 100_000)
        return _announce(server, count, 100_000, 100_000)


def _swarms(name, count):
    with Server(name) as server:
        _fill(server, count, 0)
        return _announce(server, 64, count, 0)


def _peers(name, count):
    with Server(name) as server:
        _fill(server, count, 1)
        return _announce(server, 64, count, 1)


def _file(name, size, *options):
    path = WORK / f"seed/curve-{size}.bin"
    path.write_bytes(hashlib.shake_256(path.name.encode()).digest(size))
    with Server(name, file=path.name) as server:
        found = max(_mb_per_cpu_second(server.load("file", "--connections", 4, "--file", path.name, *options, *WINDOW), size)
                    for _ in range(WINDOWS))
    path.unlink()
    return found


def _mb_per_cpu_second(result, size):
    if result["answer_bytes"] < size:
        raise Lost("no file came to its end")
    return result["bytes"] * (size / result["answer_bytes"]) / result["server_cpu"] / 1e6


def _raw(name, size):
    return _file(name, size, "--raw")


SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
CURVES = [
    Curve("connections", "open connections, 1 announce outstanding on each", "us of server CPU per announce", (1, 4, 16, 64, 250, 1000, 4000),
          BOTH, _connections),
    Curve("swarms", "swarms of one peer; 64 connections", "us of server CPU per announce", (100, 1_000, 10_000, 100_000, 1_000_000), BOTH,
          _swarms),
    Curve("peers", "peers in the only swarm, 50 wanted; 64 connections", "us of server CPU per announce",
          (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000), BOTH, _peers),
    Curve("size-raw", "bytes of the file, raw", "MB per core second", SIZES, BOTH, _raw),
    Curve("size-json", "bytes of the file, as a list of numbers", "MB per core second", SIZES[:-1], BOTH, _file),
]


def trace(curve):
    """Contestant -> its values, in turn at each point; None where it came to nothing."""
    found = {name: [] for name in curve.contestants}
    for at in curve.at:
        for name in curve.contestants:
            try:
                found[name].append(round(curve.measure(name, at), 3))
            except Lost as lost:
                found[name].append(None)
                print(f"  lost: {lost}", flush=True)
            print(f"  {at:>9} {name:6} {found[name][-1]}", flush=True)
    return {"at": list(curve.at), "values": found}
