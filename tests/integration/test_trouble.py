# SPDX-License-Identifier: MIT
"""A machine that fails under a server: files that change while they are sent, no descriptors left. What sockets and disks say is
injected in torq/net/udp_socket_test.cpp, torq/files/atomic_file_test.cpp and apps/torq/state/snapshots_test.cpp, clocks that jump in
apps/torq/state/snapshots_test.cpp, server_keys_test.cpp and identity_test.cpp."""
import asyncio
import contextlib
import json
import random
import socket

import pytest

from harness import h3, peers, web
from harness.requests import announce, code_of, file

WINDOW = 64 * 1024
# Far more than any buffer on the way holds: the kernel keeps some megabytes of TCP.
SIZES = {"list": 1 << 20, "raw": 1 << 20, "http3": 1 << 20, "http1": 24 << 20}


async def over_quic(server, encoding, meanwhile):
    async with peers.aioquic_client.connect(server.address, stream_window=WINDOW) as connection:
        stream = connection.open()
        stream.stop_reading()
        stream.send(json.dumps(file("f", **encoding)).encode(), end=True)
        while len(stream.received) < WINDOW:
            await asyncio.sleep(0.002)
        meanwhile()
        stream.read_on()
        with contextlib.suppress(h3.StreamReset):
            return await stream.answer(30), True
        return bytes(stream.received), False


async def over_http3(server, meanwhile):
    async with h3.connect(server.address, stream_window=WINDOW) as connection:
        connection.begin()
        asking = asyncio.ensure_future(connection.get("/files/f", timeout=30))
        await asyncio.sleep(0)
        [request] = connection._requests.values()
        request["stream"].stop_reading()
        while len(request["body"]) < WINDOW - 1000:
            await asyncio.sleep(0.002)
        meanwhile()
        request["stream"].read_on()
        with contextlib.suppress(h3.StreamReset):
            await asking
            return request["body"], True
        return request["body"], False


def over_http1(server, meanwhile):
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
        connection.settimeout(30)
        connection.connect(server.address)
        connection.sendall(web.request("/files/f"))
        received = bytearray(connection.recv(WINDOW))
        meanwhile()
        length = received.index(b"\r\n\r\n") + 4 + SIZES["http1"]
        while len(received) < length and (piece := connection.recv(1 << 20)):
            received += piece
        return bytes(received.partition(b"\r\n\r\n")[2]), len(received) == length


DOORS = {"list": lambda server, meanwhile: asyncio.run(over_quic(server, {}, meanwhile)),
         "raw": lambda server, meanwhile: asyncio.run(over_quic(server, {"encoding": "raw"}, meanwhile)),
         "http3": lambda server, meanwhile: asyncio.run(over_http3(server, meanwhile)), "http1": over_http1}


@pytest.mark.parametrize("door", DOORS)
def test_a_file_that_changes_while_it_is_sent(serve, tmp_path, door):
    """What vanishes or is replaced is sent as it was; what shrinks, grows or is written anew in its place is broken off: nobody takes
    a mixture for the file."""
    (tmp_path / "root").mkdir()
    path = tmp_path / "root" / "f"
    data = random.Random(1).randbytes(SIZES[door])
    server = serve(root=tmp_path / "root")

    def grow():
        with open(path, "ab") as opened:
            opened.write(b"more")

    def rewrite():
        path.write_bytes(data)

    def rewrite_the_end():
        with open(path, "r+b") as opened:
            opened.seek(-10, 2)
            opened.write(bytes(10))

    def replace():
        other = tmp_path / "root" / "other"
        other.write_bytes(bytes(len(data)))
        other.rename(path)

    def shrink():
        with open(path, "r+b") as opened:
            opened.truncate(len(data) // 2)

    def ask(meanwhile):
        path.write_bytes(data)
        received, complete = DOORS[door](server, meanwhile)
        # The line before raw bytes has a validator, of which each of these files has another one.
        return received.partition(b"\n")[2] if door == "raw" else received, complete

    expected, complete = ask(lambda: None)
    assert complete and (door == "list" or expected.endswith(data))
    for change in (path.unlink, replace):
        assert ask(change) == (expected, True), change
    for change in (shrink, grow, rewrite, rewrite_the_end):
        received, complete = ask(change)
        assert not complete and 0 < len(received) < len(expected), change
        assert expected.startswith(received) or change is rewrite_the_end
    assert ask(lambda: None) == (expected, True), "the server goes on"


def test_a_server_without_descriptors_serves_who_needs_none_and_recovers(serve, aioquic, command):
    server = serve("--workers", 1, before=("prlimit", "--nofile=64:64"))
    crowd = [web.Connection(server.address, seconds=5) for _ in range(80)]
    assert crowd[0].ask("/healthz").status == 200

    if not server.sanitized:  # which looks at objects through descriptors
        answers = aioquic.ask(server.address, announce(6881), file("small.txt"))
        assert json.loads(answers[0])["incomplete"] == 1 and code_of(answers[1]) == "FILE_READ_ERROR"

    for connection in crowd:
        connection.socket.close()
    with web.Connection(server.address) as connection:
        assert connection.ask("/files/small.txt").status == 200
    [said] = command("status", "--state", server.state, "--json").objects
    assert "http_starved" in {entry["reason"] for entry in said["drops"]}
