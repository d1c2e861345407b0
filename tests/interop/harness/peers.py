# SPDX-License-Identifier: MIT
"""The foreign clients behind one face, so that a test asks the same of both, and the foreign servers as processes.

A face makes one connection per call. `Address` is (host, port). Requests are bytes or something for json, answers are bytes.
"""
import asyncio
import contextlib
import dataclasses
import json
import os
import pathlib
import sys

from harness import processes

HERE = pathlib.Path(__file__).parents[1]
sys.path.append(str(HERE / "aioquic"))
import client as aioquic_client  # noqa: E402 (the folder has the name of the package that it is about)

NO_APPLICATION_PROTOCOL = aioquic_client.NO_APPLICATION_PROTOCOL


def folder_of_rust_peers():
    return pathlib.Path(os.environ.get("TORQ_PEERS", HERE.parents[1] / "build" / "cargo" / "release"))


def encode(request):
    return request if isinstance(request, bytes) else json.dumps(request).encode()


def spell(address):
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@dataclasses.dataclass(frozen=True)
class Refusal:
    """A handshake that failed: who sent CONNECTION_CLOSE ("peer", "us", "nobody"), with which code, after how many seconds."""

    by: str
    code: int
    seconds: float


class AioquicClient:
    name = "aioquic"

    def __init__(self, folder):
        del folder

    def ask(self, server, *requests, between=None, piece=None):
        """The answers to requests made one after the other on one connection.

        `between` happens before each but the first: "key-update", "rebind", "rebind:ADDRESS" or a function. `piece` is bytes per packet.
        """
        return asyncio.run(self._ask(server, requests, between, piece))

    async def _ask(self, server, requests, between, piece):
        answers = []
        async with aioquic_client.connect(server) as connection:
            for number, request in enumerate(requests):
                if number and between:
                    await self._happen(connection, between)
                answers.append(await connection.ask(encode(request), piece=piece))
        return answers

    @staticmethod
    async def _happen(connection, event):
        if callable(event):
            event()
        elif event == "key-update":
            connection.request_key_update()
        else:
            await connection.rebind(event.partition(":")[2] or None)

    def ask_at_once(self, server, requests):
        """The answers to requests made all at once on one connection."""
        async def run():
            async with aioquic_client.connect(server) as connection:
                return await asyncio.gather(*(connection.ask(encode(request)) for request in requests))
        return asyncio.run(run())

    def refusal(self, server, alpn):
        """How the handshake fails; None if it does not. An empty list leaves ALPN out."""
        async def run():
            try:
                async with aioquic_client.connect(server, alpn=alpn):
                    return None
            except aioquic_client.ConnectionClosed as refused:
                return Refusal(refused.closed.by, refused.closed.code, refused.closed.seconds)
        return asyncio.run(run())

    def chosen_alpn(self, server, alpn):
        async def run():
            async with aioquic_client.connect(server, alpn=alpn) as connection:
                return connection.alpn
        return asyncio.run(run())

    def pin(self, server):
        async def run():
            async with aioquic_client.connect(server) as connection:
                return connection.pin
        return asyncio.run(run())


class QuinnClient:
    name = "quinn"

    def __init__(self, folder):
        self._folder = folder

    def run(self, server, *words):
        """The program with the words of its command line, until it ends."""
        return processes.run([folder_of_rust_peers() / "quinn-client", "--to", spell(server), *words], self._folder)

    @contextlib.contextmanager
    def session(self, server, *words):
        """One connection that is told its operations one by one (see operations.rs)."""
        argv = [folder_of_rust_peers() / "quinn-client", "--to", spell(server), *words, "script"]
        process = processes.Process(argv, self._folder)
        try:
            connected = process.line()
            assert connected["event"] == "connected", connected
            yield process
            process.hang_up()
            process.wait()
        finally:
            process.kill()

    def perform(self, process, operation):
        """The bytes of the answer to "ask"; what was printed where there is none, and for other operations."""
        save = self._folder / "answer"
        if operation["op"] == "ask":
            operation = {**operation, "save": str(save)}
        process.say(operation)
        line = process.line(120)
        return save.read_bytes() if line["event"] == "answer" else line

    def ask(self, server, *requests, between=None, piece=None):
        answers = []
        with self.session(server) as process:
            for number, request in enumerate(requests):
                if number and between:
                    self._happen(process, between)
                answers.append(self.perform(process, {"op": "ask", "hex": encode(request).hex(), "chunk": piece}))
        assert all(isinstance(answer, bytes) for answer in answers), answers
        return answers

    @staticmethod
    def _happen(process, event):
        if callable(event):
            event()
        elif event == "key-update":
            process.say({"op": "key_update"})
        else:
            process.say({"op": "rebind", "address": event.partition(":")[2] or None})
            rebound = process.line()
            assert rebound["ok"], rebound

    def ask_at_once(self, server, requests):
        save = self._folder / "answers"
        with self.session(server) as process:
            process.say({"op": "many", "requests": [encode(request).decode() for request in requests], "save": str(save)})
            lines = [process.line(120) for _ in requests]
        assert all(line["event"] == "answer" for line in lines), lines
        return [save.with_suffix(f".{number}").read_bytes() for number in range(len(requests))]

    def refusal(self, server, alpn):
        first = self.run(server, "--alpn", ",".join(alpn) or "none", "many", "0", "--data", "").objects[0]
        if first["event"] == "connected":
            return None
        return Refusal(first["by"], first["code"], first["seconds"])

    def _connected(self, server, *words):
        finished = self.run(server, *words, "many", "0", "--data", "")
        assert finished.code == 0, finished
        return finished.objects[0]

    def chosen_alpn(self, server, alpn):
        return self._connected(server, "--alpn", ",".join(alpn))["alpn"]

    def pin(self, server):
        return self._connected(server)["pin"]


CLIENTS = {peer.name: peer for peer in (AioquicClient, QuinnClient)}


class Server:
    """A foreign server that runs."""

    def __init__(self, process):
        self.process = process
        ready = process.line()
        self.address = (ready["address"], ready["port"])
        self.pin = ready["pin"]

    @property
    def url(self):
        return f"quic://{spell(self.address)}"

    def stop(self):
        return self.process.stop()


def start_aioquic_server(folder, root, *options, host="127.0.0.1"):
    argv = [sys.executable, HERE / "aioquic" / "server.py", "--listen", host, "--port", 0, "--root", root, *options]
    return Server(processes.Process(argv, folder))


def start_scripted_server(folder, rules, *options):
    """A server that answers as told (see scripted_server.py)."""
    script = folder / "script.json"
    script.write_text(json.dumps(rules))
    return Server(processes.Process([sys.executable, HERE / "aioquic" / "scripted_server.py", script, "--port", 0, *options], folder))


def start_aioquic_tracker(folder):
    """A tracker over HTTP/3 (see tracker.py)."""
    return Server(processes.Process([sys.executable, HERE / "aioquic" / "tracker.py", "--port", 0], folder))


def start_quinn_server(folder, root, *options, host="127.0.0.1"):
    argv = [folder_of_rust_peers() / "quinn-server", "--listen", spell((host, 0)), "--root", root, *options]
    return Server(processes.Process(argv, folder))


SERVERS = {"aioquic": start_aioquic_server, "quinn": start_quinn_server}
