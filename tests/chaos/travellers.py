# SPDX-License-Identifier: MIT
"""Clients that go on and on over the bad road until told to stop: `torq soak`, and the foreign ones. Each deed is OK, RETRY (the road
or the server's end explain it) or FAIL, after the rules of `torq soak`."""
import asyncio
import collections
import contextlib
import json
import random
import threading
import time

from harness import peers, processes, torq
from harness.requests import announce, file

GRACE_SECONDS = 60  # for what a client has begun when it is told to stop


class Wrong(Exception):
    """Other bytes, or an error where there was to be an answer."""


class Excused(Exception):
    """No answer, as may happen on a bad road."""


def check_raw(answer, data):
    line, newline, body = answer.partition(b"\n")
    if not newline:
        raise Wrong(f"no file: {answer[:200]}")
    if json.loads(line)["length"] != len(data) or body != data:
        raise Wrong(f"other bytes: {len(body)} after {line[:200]}")


def check_announced(answer):
    parsed = json.loads(answer)
    if "peers" not in parsed or parsed["complete"] + parsed["incomplete"] == 0:
        raise Wrong(f"not counted: {answer[:200]}")


class Traveller(threading.Thread):
    """One foreign client in a loop. `died_since(time)` says whether the server was being ended, `weather()` the name of the spell."""

    def __init__(self, address, root, names, seed, died_since, weather):
        super().__init__(daemon=True)
        self._address, self._root, self._names = address, root, names
        self._died_since, self._weather = died_since, weather
        self._dice = random.Random(f"{seed} {self.name_}")
        self._told_to_stop = threading.Event()
        self.counts = collections.Counter()
        self.faults = []

    def run(self):
        while not self._told_to_stop.is_set():
            begun, weather = time.monotonic(), self._weather()
            try:
                self.journey()
            except Excused as reason:
                self.counts["RETRY"] += 1
                self.counts[f"retry: {reason}, from {weather} to {self._weather()}"] += 1
            except Exception as reason:
                if isinstance(reason, Wrong) or not self._died_since(begun):
                    self.counts["FAIL"] += 1
                    self.faults.append(f"{self.name_}: {reason!r}")
                else:
                    self.counts["RETRY"] += 1
            self._told_to_stop.wait(0.2)

    def deeds(self):
        """Requests of one connection, each with what checks its answer."""
        name = self._dice.choice(self._names)
        data = (self._root / name).read_bytes()
        yield announce(self._dice.randint(41_000, 41_007)), check_announced
        yield file(name, encoding="raw"), lambda answer: check_raw(answer, data)

    def finish(self):
        self._told_to_stop.set()
        self.join(GRACE_SECONDS)
        if self.is_alive():
            self.faults.append(f"{self.name_}: hangs")


class Quinn(Traveller):
    name_ = "quinn"

    def __init__(self, folder, *words):
        super().__init__(*words)
        self._folder = folder

    def journey(self):
        argv = [peers.folder_of_rust_peers() / "quinn-client", "--to", peers.spell(self._address), "script"]
        process = processes.Process(argv, self._folder)
        try:
            self._expect(process, "connected")
            for request, check in self.deeds():
                save = self._folder / "answer"
                process.say({"op": "ask", "data": json.dumps(request), "save": str(save), "wait_ms": 1000 * (GRACE_SECONDS - 5)})
                self._expect(process, "answer")
                check(save.read_bytes())
                self.counts["OK"] += 1
            process.hang_up()
            process.wait()
        finally:
            process.kill()
            process.close()

    @staticmethod
    def _expect(process, event):
        line = process.line(GRACE_SECONDS)
        if line["event"] == event:
            return
        if line.get("layer") in ("timeout", "reset") or line.get("reason") == "no answer in time":
            raise Excused(line["reason"])
        raise RuntimeError(line)


class Aioquic(Traveller):
    name_ = "aioquic"

    def journey(self):
        try:
            asyncio.run(self._journey())
        except (TimeoutError, asyncio.TimeoutError) as late:
            raise Excused("timed out") from late
        except peers.aioquic_client.ConnectionClosed as closed:
            if closed.closed.by == "nobody":
                raise Excused("timed out") from closed
            raise

    async def _journey(self):
        async with peers.aioquic_client.connect(self._address, idle_timeout=15) as connection:
            for request, check in self.deeds():
                check(await connection.ask(request, timeout=GRACE_SECONDS - 25))
                self.counts["OK"] += 1


class Soak:
    """`torq soak` for the seconds of a leg."""

    name_ = "soak"

    def __init__(self, folder, address, pin, reference, seconds, parallel):
        argv = [torq.binary(), "soak", f"quic://{peers.spell(address)}", "--reference", reference, "--pin", pin, "--seconds", int(seconds),
                "--parallel", parallel, "--json"]
        self._process = processes.Process(argv, folder, processes.environment(folder))
        self.counts = collections.Counter()
        self.faults = []
        self.summary = None

    def finish(self):
        try:
            code = self._process.wait(GRACE_SECONDS)
        except AssertionError as hanging:
            self.faults.append(f"soak: {hanging}")
            return
        lines = [json.loads(line) for line in self._process.rest()]
        self._process.close()
        for line in lines[:-1]:
            if line["result"] != "RETRY":
                self.faults.append(f"soak: {json.dumps(line)}")
            self.counts[f"retry: {line['reason']}"] += 1
        self.summary = lines[-1]["summary"] if lines else {}
        for verdict in ("ok", "retry", "fail", "warn"):
            self.counts[verdict.upper()] = self.summary.get(verdict, 0)
        if code != 0 or not self.summary.get("downloads", {}).get("ok") or self._process.faults():
            self.faults.append(f"soak: exit code {code}, {self.summary}\n{self._process.describe()}")


@contextlib.contextmanager
def under_way(clients):
    """Lets them travel, and waits at the end until each has come home."""
    foreign = [client for client in clients if isinstance(client, threading.Thread)]
    for client in foreign:
        client.start()
    try:
        yield
    finally:
        for client in clients:
            client.finish()
