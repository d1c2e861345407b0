# SPDX-License-Identifier: MIT
"""The end of a server, as its clients see it: requests in flight are answered, everyone is told."""
import asyncio
import json
import signal
import time

import pytest
from client import ConnectionClosed, connect

from harness.requests import file

CONNECTION_REFUSED = 0x2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_closes_idle_connections_at_once(serve, number):
    server = serve()

    async def run():
        async with connect(server.address) as connection:
            await connection.ask_json(file("small.txt"))
            server.process.send_signal(number)
            return await connection.wait_for_close(10)
    closed = asyncio.run(run())

    assert closed.by == "peer"
    assert server.process.wait() == 0


def test_a_request_in_flight_is_answered_after_the_signal(serve, root):
    server = serve()

    async def run():
        async with connect(server.address, stream_window=64 * 1024) as connection:
            stream = connection.open()
            stream.stop_reading()
            stream.send(json.dumps(file("log.txt")).encode(), end=True)
            while not stream.received:
                await asyncio.sleep(0.005)
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises((ConnectionClosed, TimeoutError)):
                await refused(server)
            stream.read_on()
            return json.loads(await stream.answer(10)), await connection.wait_for_close(10)
    answer, closed = asyncio.run(run())

    assert bytes(answer["data"]) == (root / "log.txt").read_bytes()
    assert closed.by == "peer"
    assert server.process.wait() == 0


def test_every_worker_answers_until_the_last_is_done(serve):
    """Ports hash onto sockets: newcomers are told at once, and a client that moves is served on, whichever worker hears of it."""
    server = serve("--workers", 4)

    async def run():
        async with connect(server.address) as connection:
            unfinished = connection.open()
            unfinished.send(b'{"file":')
            await connection.ask_json(file("small.txt"))
            server.process.send_signal(signal.SIGTERM)
            while await newcomer(server) is None:
                pass
            told = [await newcomer(server) for _ in range(8)]
            moved = []
            for _ in range(6):
                await connection.rebind()
                moved.append((await connection.ask_json(file("small.txt")))["size"])
            return told, moved
    told, moved = asyncio.run(run())

    assert told == [CONNECTION_REFUSED] * 8
    assert moved == [35] * 6
    assert server.process.wait() == 0


async def newcomer(server):
    """The code that a new connection is refused with."""
    try:
        async with connect(server.address, handshake_timeout=2):
            return None
    except ConnectionClosed as refused:
        return refused.closed.code


async def refused(server):
    """A new connection, which a server that stops does not take."""
    async with connect(server.address, handshake_timeout=1):
        pass


def test_a_request_that_never_ends_does_not_hold_the_server(serve):
    server = serve()

    async def run():
        async with connect(server.address) as connection:
            connection.open().send(b'{"file')
            await connection.ask_json(file("small.txt"))
            started = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            closed = await connection.wait_for_close(15)
            return closed, time.monotonic() - started
    closed, seconds = asyncio.run(run())

    assert closed.by == "peer"
    assert seconds < 8, "five seconds are for requests in flight"
    assert server.process.wait() == 0
