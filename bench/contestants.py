# SPDX-License-Identifier: MIT
"""The servers that are measured, each on one core, and the load on the other."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess

PROJECT = pathlib.Path(__file__).resolve().parent.parent
WORK = PROJECT / "build/bench"
RELEASE = PROJECT / "build/release"
INTERVAL = 1800  # no peer expires while it is measured, unless that is the measurement
SERVER_CORE, LOAD_CORE = 0, 1


class Lost(Exception):
    """A measurement that came to nothing."""


class Server:
    """A contestant at work. `options` are added to its command line."""

    def __init__(self, name, *options, cores=(SERVER_CORE,), file=None, interval=INTERVAL):
        self.name = name
        for state in WORK.glob("state*"):
            (state / "swarms").unlink(missing_ok=True)  # every server begins empty
        self._log = open(WORK / f"{name}.log", "w")
        words = ["taskset", "-c", ",".join(map(str, cores)), *map(str, COMMANDS[name](file, interval)), *map(str, options)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=self._log, text=True, cwd=WORK)
        ready = json.loads(self._process.stdout.readline() or "{}")
        if ready.get("event") != "ready":
            raise Lost(f"{name} does not start: see {self._log.name}")
        self.port = ready["port"] if "port" in ready else ready["listen"][0]["port"]

    @property
    def pid(self):
        return self._process.pid

    def load(self, mode, *options, seconds=600):
        """Runs the load on its own core; its result, as an object."""
        done = subprocess.run(self._load_words(mode, options), capture_output=True, text=True, timeout=seconds)
        if done.returncode != 0:
            raise Lost(f"{self.name}: {done.stderr.strip()}")
        result = json.loads(done.stdout)
        if result["answers"] == 0 or result["errors"] > 0:
            raise Lost(f"{self.name}: {result['answers']} answers, {result['errors']} errors")
        return result

    @contextlib.contextmanager
    def held(self, connections):
        """While it lasts, so many connections stand and are silent."""
        words = self._load_words("idle", ("--connections", connections))
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
            told = json.loads(load.stdout.readline() or "{}")
            if told.get("holding") != connections:
                load.kill()
                raise Lost(f"{self.name} holds {told.get('holding')} of {connections} connections")
            try:
                yield
            finally:
                load.stdin.close()
                load.terminate()

    def _load_words(self, mode, options):
        return ["taskset", "-c", str(LOAD_CORE), str(RELEASE / "bench/torq-load"), mode, f"127.0.0.1:{self.port}",
                "--server-pid", str(self.pid), *map(str, options)]

    def resident(self):
        """Bytes."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise Lost(f"{self.name} has ended")

    def thread_times(self):
        """Nanoseconds that each thread has run, by its number."""
        tasks = pathlib.Path(f"/proc/{self.pid}/task").iterdir()
        return {int(task.name): int((task / "schedstat").read_text().split()[0]) for task in tasks}

    def stop(self):
        # Abruptly: some would wait for idle connections, and there is nothing to lose.
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()
        self._log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _torq(interval, *, state="state", binary=None):
    return [binary or torq_binary(), "serve", "--json", "--listen", "127.0.0.1:0", "--root", WORK / "seed", "--state", WORK / state,
            "--interval", interval, "--snapshot-interval", 0]  # nor swarms of the row before


def torq_binary():
    return os.environ.get("TORQ_BINARY", RELEASE / "apps/torq/torq")


def enter_base(binary):
    """Another torq takes part under the name of base."""
    COMMANDS["base"] = lambda _, interval: [*_torq(interval, state="state-of-base", binary=binary), "--workers", 1]


def _keys():
    """torq's own certificate, so that all do the same sums."""
    state = WORK / "state"
    return ["--cert", state / "cert.pem", "--key", state / "key.pem"]


COMMANDS = {
    "torq": lambda _, interval: [*_torq(interval), "--workers", 1],
    "torq of two workers": lambda _, interval: [*_torq(interval), "--workers", 2],
    "quinn": lambda file, interval: [PROJECT / "build/cargo/yardstick/quinn-server", "--threads", 1, "--listen", "127.0.0.1:0",
                                     "--root", WORK / "seed", "--interval", interval, *_keys()],
    "bare": lambda file, _: [RELEASE / "bench/torq-bare", WORK / "state/cert.pem", WORK / "state/key.pem",
                             *([WORK / "seed" / file] if file else [])],
    "aioquic": lambda file, interval: [PROJECT / "build/venv/bin/python", PROJECT / "tests/interop/aioquic/server.py", "--port", 0,
                                       "--root", WORK / "seed", "--interval", interval, *_keys()],
}


def build(yardstick=True):
    """All contestants and the load, as a user would build them; quinn only where it is wanted."""
    WORK.mkdir(parents=True, exist_ok=True)
    subprocess.run([PROJECT / "scripts/build", "release", "bench"], check=True)
    if yardstick:
        subprocess.run([PROJECT / "scripts/build-yardstick"], check=True)
    subprocess.run([PROJECT / "scripts/make-seed", WORK / "seed"], check=True)
    with Server("torq"):  # makes the certificate
        pass
