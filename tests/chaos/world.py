# SPDX-License-Identifier: MIT
"""The server under test, its bad road, and what must be true of them when everybody has gone home."""
import json
import os
import pathlib
import re
import signal
import threading
import time

from harness import processes, torq

# A connection whose client is gone without a word stays for its idle time-out, 30 s.
SECONDS_TO_LEAVE = 75
# What the server may have more in memory after a storm than after the first one of its life, as a factor and bytes: what is
# left between small chunks is chance. A leak shows in a long life.
GROWTH = {False: (1.25, 12 << 20), True: (1.3, 64 << 20)}
# One arena that keeps little of what is free, so that memory shows what is in use; and what a sanitizer keeps is no leak.
ALLOCATOR = {"GLIBC_TUNABLES": ":".join(f"glibc.malloc.{name}" for name in (
                 "arena_max=1", "tcache_count=0", "mmap_threshold=32768", "trim_threshold=65536")),
             "ASAN_OPTIONS": "quarantine_size_mb=4:" + os.environ.get("ASAN_OPTIONS", "")}


class Fault(Exception):
    """What must not be."""


class Shim:
    def __init__(self, folder, server, seed):
        self._process = processes.Process([os.environ["TORQ_SHIM"], f"{server[0]}:{server[1]}", seed], folder)
        ready = self._process.line()
        self.address = (ready["address"], ready["port"])

    def obey(self, words):
        self._process.tell(words)

    def finish(self):
        self._process.hang_up()
        counts = self._process.line()
        code = self._process.wait()
        self._process.close()
        if code != 0 or self._process.faults():
            raise Fault(f"the shim: {self._process.describe()}")
        return counts


class World:
    """One `torq serve` at a time, always on the same port with the same state."""

    def __init__(self, folder, root):
        self._folder, self._root = folder, root
        self._dying_since = self._back_at = None
        self._lock = threading.Lock()
        os.environ.update(ALLOCATOR)
        self.port = 0
        self.restarts = 0
        self.first_memory = None
        self.start()

    def start(self):
        self._server = torq.Server(self._folder, self._root, "--workers", 2, "--drain", 2, "--snapshot-interval", 5,
                                   listen=[f"127.0.0.1:{self.port}"], state=self._folder / "state")
        self.port = self._server.address[1]
        self.first_memory = None
        self.status()
        self.base_fds = self._count_fds()

    @property
    def address(self):
        return self._server.address

    @property
    def pin(self):
        return self._server.pin

    def died_since(self, moment):
        """Whether a server was being ended at some time since."""
        with self._lock:
            return self._dying_since is not None and (self._back_at is None or self._back_at >= moment)

    def end(self, number):
        """Ends the server as told; it must go quietly, unless it is killed."""
        with self._lock:
            self._dying_since, self._back_at = time.monotonic(), None
        self._check_running()
        code = self._server.process.stop(number)
        process = self._server.process
        process.close()
        if code != (0 if number == signal.SIGTERM else -number) or process.faults():
            raise Fault(f"the server ended with {code}: {process.describe()}")

    def give_up(self):
        """Leaves no process behind, whatever happened."""
        self._server.process.kill()

    def replace(self, number):
        self.end(number)
        self.start()
        self.restarts += 1
        with self._lock:
            # Clients of the old process may hear of its end only when they send the next time.
            self._back_at = time.monotonic() + 5

    def _check_running(self):
        if not self._server.process.running:
            raise Fault(f"the server is gone: {self._server.process.describe()}")

    def status(self):
        self._check_running()
        finished = torq.Command(self._folder)("status", "--state", self._folder / "state", "--json")
        if finished.code != 0:
            raise Fault(f"no status: {finished}")
        return json.loads(finished.out)

    def _count_fds(self):
        return len(os.listdir(f"/proc/{self._server.process.pid}/fd"))

    def memory(self):
        status = pathlib.Path(f"/proc/{self._server.process.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)[1]) * 1024

    def wait_until_left(self):
        """Until the server knows of no connection and has no descriptor more than at its start."""
        deadline = time.monotonic() + SECONDS_TO_LEAVE
        while True:
            connections, fds = self.status()["connections"], self._count_fds()
            if connections == 0 and fds <= self.base_fds:
                return fds
            if time.monotonic() > deadline:
                listed = os.popen(f"ls -l /proc/{self._server.process.pid}/fd").read()
                raise Fault(f"{connections} connections and {fds} descriptors (at first {self.base_fds}) left:\n{listed}")
            time.sleep(0.5)

    def check_memory(self):
        """To be called after storms that are alike; the first one of a process is what the later ones are held against."""
        memory = self.memory()
        if self.first_memory is None:
            self.first_memory = memory
        factor, more = GROWTH[self._server.sanitized]
        if memory > self.first_memory * factor + more:
            raise Fault(f"the server's memory grew from {self.first_memory} to {memory}")
        return memory
