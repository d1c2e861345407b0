# SPDX-License-Identifier: MIT
"""torq itself: its server as a process, its other verbs as commands."""
import os
import pathlib

from harness import processes
from harness.peers import spell


def binary():
    path = os.environ.get("TORQ_BINARY")
    assert path, "TORQ_BINARY does not say which torq to test"
    return pathlib.Path(path).resolve()


class Server:
    """`torq serve --json`, ready. `before` are the words of a command that starts it."""

    def __init__(self, folder, root, *options, listen=("127.0.0.1:0",), state=None, before=()):
        self.state = state or folder / "state" / "torq"
        words = [word for address in listen for word in ("--listen", address)]
        argv = [*before, binary(), "serve", "--json", "--root", root, "--state", self.state, *words, *options]
        self.process = processes.Process(argv, folder, processes.environment(folder))
        self.ready = self.process.line()
        assert self.ready["event"] == "ready", self.ready

    @property
    def address(self):
        return self.addresses()[0]

    def addresses(self):
        """Where a client on this machine reaches it."""
        doors = [door for door in self.ready["listen"] if door["door"] == "quic"]
        return [({"::": "::1", "0.0.0.0": "127.0.0.1"}.get(door["address"], door["address"]), door["port"]) for door in doors]

    @property
    def pin(self):
        return self.ready["pin"]

    @property
    def url(self):
        return f"quic://{spell(self.address)}"

    @property
    def sanitized(self):
        """Whether it runs under a sanitizer, where memory and time are not those of the product."""
        return "san.so" in pathlib.Path(f"/proc/{self.process.pid}/maps").read_text()

    def finish(self):
        """Stopped politely, it must have nothing to complain of."""
        code = self.process.stop()
        print(self.process.describe())
        assert code == 0, f"exit code {code}"
        assert not self.process.faults()


class Command:
    """The other verbs, run in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = processes.environment(folder)

    def __call__(self, *words, seconds=120):
        return processes.run([binary(), *words], self.folder, self.environment, seconds)

    def start(self, *words):
        return processes.Process([binary(), *words], self.folder, self.environment)
