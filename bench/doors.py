# SPDX-License-Identifier: MIT
"""The doors beside JSON over QUIC: rows whose contestants are the bare floor of the kernel and trackers that others wrote."""
import contextlib
import dataclasses
import functools
import json
import socket
import subprocess
import time
from typing import Callable

import contestants
import report
from contestants import LOAD_CORE, PROJECT, RELEASE, SERVER_CORE, WORK, Lost
from rows import FILL, MILLION, POPULATION, Figure, Row

AQUATIC = PROJECT / "build/aquatic/bin"
OPENTRACKER = PROJECT / "build/opentracker"
BEGIN, END = "<!-- doors: bench/run writes from here -->", "<!-- doors: to here -->"
# The work of aquatic's load test, see udp_load.cpp.
UDP_FILL = ("--fill", "--seconds", 0.1, "--warm-up", 0)


def _free_port():
    """Most of these cannot be told to pick one."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(tcp.getsockname())
        return tcp.getsockname()[1]


class Foreign:
    """A contestant that says nothing when it is ready."""

    def __init__(self, name, door):
        self.name = name
        self.port = _free_port()
        self._log = open(WORK / f"{name}-{door}.log", "w")
        words = ["taskset", "-c", str(SERVER_CORE), *map(str, COMMANDS[name, door](self.port))]
        self._process = subprocess.Popen(words, stdout=self._log, stderr=self._log, cwd=WORK)
        time.sleep(1)
        if self._process.poll() is not None:
            raise Lost(f"{name} does not start: see {self._log.name}")

    @property
    def pid(self):
        return self._process.pid

    resident = contestants.Server.resident

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._log.close()


def _start(name, door):
    return contestants.Server(name) if name in contestants.COMMANDS else Foreign(name, door)


def _load(server, program, *options):
    """Runs a load on its own core; its result, as an object."""
    done = subprocess.run(["taskset", "-c", str(LOAD_CORE), RELEASE / "bench" / program, f"127.0.0.1:{server.port}", "--server-pid",
                           str(server.pid), *map(str, options)], capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise Lost(f"{server.name}: {done.stderr.strip()}")
    result = json.loads(done.stdout)
    if result["answers"] == 0 or result["errors"] > 0:
        raise Lost(f"{server.name}: {result['answers']} answers, {result['errors']} errors")
    return result


def _aquatic(program, config):
    def words(port):
        path = WORK / f"{program}.toml"
        path.write_text(config.format(port=port))
        return [AQUATIC / program, "-c", path]

    return words


@functools.cache
def _whitelist(program):
    """Debian's opentracker serves only hashes that it was told."""
    path = WORK / f"{program}-hashes"
    with open(path, "w") as file:
        subprocess.run([RELEASE / "bench" / program, "127.0.0.1:1", "--print-hashes", *map(str, POPULATION if "http" in program else ())],
                       stdout=file, check=True)
    path.chmod(0o644)
    return path


def _opentracker(program):
    def words(port):
        folders = sorted({str(library.parent) for library in OPENTRACKER.glob("**/*.so*")})
        return ["env", f"LD_LIBRARY_PATH={':'.join(folders)}", OPENTRACKER / "usr/bin/opentracker", "-i", "127.0.0.1", "-p", port, "-P", port,
                "-d", WORK, "-w", _whitelist(program).name]

    return words


COMMANDS = {
    ("floor", "udp"): lambda port: [RELEASE / "bench/torq-udp-floor", f"127.0.0.1:{port}"],
    ("floor", "http"): lambda port: [RELEASE / "bench/torq-http-floor", f"127.0.0.1:{port}"],
    ("aquatic", "udp"): _aquatic("aquatic_udp", """socket_workers = 1
log_level = "error"
[network]
address = "127.0.0.1:{port}"
[protocol]
max_response_peers = 30
[cleaning]
max_peer_age = 1200
"""),
    ("aquatic", "http"): _aquatic("aquatic_http", """socket_workers = 1
swarm_workers = 1
log_level = "error"
[network]
address = "127.0.0.1:{port}"
keep_alive = true
[cleaning]
max_peer_age = 1800
"""),
    ("opentracker", "udp"): _opentracker("torq-udp-load"),
    ("opentracker", "http"): _opentracker("torq-http-load"),
}


def _is_here(name, door):
    if name == "aquatic":
        return (AQUATIC / f"aquatic_{door}").exists()
    return name != "opentracker" or (OPENTRACKER / "usr/bin/opentracker").exists()


@dataclasses.dataclass(frozen=True)
class DoorRow(Row):
    """`against` is what the target names first; the ratios to all others are shown as well."""

    door: str = "udp"
    fill: Callable = None  # what a server is asked before it is measured
    against: str = "floor"

    @property
    def present(self):
        """The contestants that this machine has."""
        return tuple(name for name in self.contestants if _is_here(name, self.door))

    @contextlib.contextmanager
    def servers(self):
        with contextlib.ExitStack() as stack:
            started = {name: stack.enter_context(_start(name, self.door)) for name in self.present}
            for name, server in started.items():
                if self.fill and name != "floor":
                    self.fill(server)
            yield started


def _us(program, *options):
    def measure(server, seconds):
        result = _load(server, program, *options, "--warm-up", seconds / 4, "--seconds", seconds)
        return Figure(result["server_cpu"] * 1e6 / result["answers"], result["load_cpu"] / result["seconds"])

    return measure


def _p50_at(rate):
    def measure(server, seconds):
        result = _load(server, "torq-udp-load", "--rate", rate, "--warm-up", seconds / 4, "--seconds", seconds)
        return Figure(result["p50_us"], result["load_cpu"] / result["seconds"])

    return measure


def _udp_resident(name):
    with _start(name, "udp") as server:
        _load(server, "torq-udp-load", *UDP_FILL)
        return Figure(server.resident() / 2**20)


def _quic(server, seconds):
    """torq over HTTP/3, and by the JSON protocol."""
    options = ("--http3",) if server.name == "torq" else ()
    result = server.load("announce", "--connections", 64, *POPULATION, *options, "--warm-up", seconds / 4, "--seconds", seconds)
    return Figure(result["server_cpu"] * 1e6 / result["answers"], result["load_cpu"] / result["seconds"])


def _fill_udp(server):
    _load(server, "torq-udp-load", *UDP_FILL)


def _fill_http(server):
    # Not pipelined: aquatic forgets what comes behind a request.
    _load(server, "torq-http-load", "--in-turn", *POPULATION, "--limit", MILLION, "--warm-up", 0)


def _fill_some(server):
    _load(server, "torq-http-load", "--close", "--in-turn", *POPULATION, "--limit", 200_000, "--warm-up", 0)


def _fill_quic(server):
    server.load("announce", *FILL, "--swarms", MILLION)


contestants.COMMANDS["json"] = lambda _, interval: [*contestants._torq(interval, state="state-of-json"), "--workers", 1]

ROWS = [
    DoorRow("udp", "UDP: 1 M torrents, 2 M peers, 100 announces to a scrape, 30 peers wanted", "us",
            ("torq", "floor", "aquatic", "opentracker"), _us("torq-udp-load"), "at most 1.43 x floor, 0.9 x aquatic",
            fill=_fill_udp),
    DoorRow("udp-p50", "the same at 50,000 requests a second, median latency", "us", ("torq", "aquatic"), _p50_at(50_000),
            "at most aquatic's", fill=_fill_udp, against="aquatic"),
    DoorRow("udp-memory", "resident memory with all of it", "MiB", ("torq", "aquatic", "opentracker"), _udp_resident, "at most 90 MiB",
            fresh=True, pairs=1, against="aquatic"),
    DoorRow("http-keep", "HTTP announce, 64 connections, 1 outstanding each", "us", ("torq", "floor", "aquatic"),
            _us("torq-http-load", *POPULATION), "at most 1.6 x floor", door="http", fill=_fill_http),
    DoorRow("http-pipelined", "the same, 16 outstanding each; the floor with 1", "us", ("torq", "floor"),
            lambda server, seconds: _us("torq-http-load", *POPULATION, "--outstanding", 16 if server.name == "torq" else 1)(server, seconds),
            "at most 0.6 x floor", door="http", fill=_fill_http),
    DoorRow("http-close", "HTTP announce, a connection for each", "us", ("torq", "floor", "opentracker"),
            _us("torq-http-load", "--close", *POPULATION), "at most 1.2 x floor", door="http", fill=_fill_some),
    DoorRow("https-keep", "HTTPS announce, 64 connections, 1 outstanding each", "us", ("torq",),
            _us("torq-http-load", "--tls", *POPULATION), "reported only", door="http", fill=_fill_http),
    DoorRow("http3", "HTTP/3 announce, 64 connections, 1 outstanding each, beside JSON", "us", ("torq", "json"), _quic,
            "at most 1.3 x json", fill=_fill_quic, against="json"),
]


def line(row, found):
    values = found["values"]
    ours = values["torq"]
    others = [f"{name} {report._spread(theirs)}: {report.ratio(ours, theirs)[0]:.2f} x" for name, theirs in values.items() if name != "torq"]
    load = f"{found['load']:.0%}" if found["load"] else ""
    return "| " + " | ".join([row.what, row.unit, report._spread(ours), "; ".join(others), row.target, load, found["commit"]]) + " |"


def write_page(results):
    head = ["work", "unit", "torq", "beside", "to reach", "load's core", "commit"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *(line(row, results[row.name]) for row in ROWS if row.name in results)]
    before, rest = report.PAGE.read_text().split(BEGIN, 1)
    report.PAGE.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + rest.split(END, 1)[1])


def build():
    """Those that others wrote, where they can be had."""
    if subprocess.run([PROJECT / "scripts/build-rivals"], check=False).returncode:
        print("going on without aquatic", flush=True)
