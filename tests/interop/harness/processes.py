# SPDX-License-Identifier: MIT
"""Processes under test: started, waited for until they say that they are ready, stopped, and their last words kept."""
import contextlib
import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import threading

# What a sanitizer or an assertion writes when it has found something.
FAULT = re.compile(r"(Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer|runtime error:|[Aa]ssertion .*failed|terminate called")
READY_SECONDS = 30
STOP_SECONDS = 30


class Process:
    """A process to talk with. Its standard output is JSON lines, a server's first one says that it is ready; its standard error goes
    to a file."""

    def __init__(self, argv, folder, environment=None):
        self.argv = [str(word) for word in argv]
        number = len(list(folder.glob("stderr.*")))
        self._stderr = folder / f"stderr.{number}"
        self._lines = queue.Queue()
        self._is_told = False
        with open(self._stderr, "wb") as errors:
            self._process = subprocess.Popen(self.argv, cwd=folder, env=environment, stdin=subprocess.PIPE,
                                             stdout=subprocess.PIPE, stderr=errors, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    @property
    def pid(self):
        return self._process.pid

    @property
    def stderr(self):
        return self._stderr.read_text(errors="replace")

    @property
    def running(self):
        return self._process.poll() is None

    def line(self, seconds=READY_SECONDS):
        """The next line of standard output as JSON."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"no line on standard output in {seconds} s\n{self.describe()}") from None
        if line is None:
            self._process.wait(STOP_SECONDS)
            raise AssertionError(f"ended without saying so\n{self.describe()}")
        return json.loads(line)

    def rest(self):
        """What else it wrote on standard output, after its end."""
        return list(iter(self._lines.get, None))

    def say(self, line):
        """One JSON line to its standard input."""
        self.tell(json.dumps(line))

    def tell(self, line):
        """The same, for what takes plain words."""
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def hang_up(self):
        self._process.stdin.close()

    def send_signal(self, number=signal.SIGTERM):
        self._is_told = self._is_told or number in (signal.SIGTERM, signal.SIGINT)
        self._process.send_signal(number)

    def wait(self, seconds=STOP_SECONDS):
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running after {seconds} s\n{self.describe()}") from None

    def stop(self, number=signal.SIGTERM):
        """The exit code after a polite signal, of which one is enough: a second one is none."""
        if self.running and not self._is_told:
            self.send_signal(number)
        return self.wait()

    def kill(self):
        self._process.kill()
        self._process.wait()

    def close(self):
        """After its end: a driver that runs for hours keeps neither pipe nor thread of it."""
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._reader.join()
        self._process.stdout.close()

    def faults(self):
        return [line for line in self.stderr.splitlines() if FAULT.search(line)]

    def peak_memory(self):
        """The largest resident set so far, in bytes."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)[1]) * 1024

    def describe(self):
        code = self._process.poll()
        state = "running" if code is None else f"exit code {code}"
        return f"--- {' '.join(self.argv)}\n--- {state}, standard error:\n{self.stderr or '(empty)'}"


class Finished:
    """A command that ran to its end."""

    def __init__(self, argv, code, out, err):
        self.argv, self.code, self.out, self.err = argv, code, out, err

    @property
    def objects(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def __repr__(self):
        return f"--- {' '.join(self.argv)}\n--- exit code {self.code}, standard output:\n{self.out}\n--- standard error:\n{self.err}"


def run(argv, folder, environment=None, seconds=120):
    argv = [str(word) for word in argv]
    try:
        done = subprocess.run(argv, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds,
                              check=False, text=True, errors="replace")
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"{' '.join(argv)}: still running after {seconds} s\n{late.stdout}\n{late.stderr}") from None
    finished = Finished(argv, done.returncode, done.stdout, done.stderr)
    assert not FAULT.search(done.stderr), finished
    return finished


def environment(home):
    """The caller's environment with every place a program might write to moved below `home`."""
    moved = {"HOME": home, "XDG_STATE_HOME": home / "state", "XDG_CONFIG_HOME": home / "config", "XDG_CACHE_HOME": home / "cache"}
    return {**os.environ, **{name: str(value) for name, value in moved.items()}}
