# SPDX-License-Identifier: MIT
"""Many streams, and streams that behave badly: they cost their own credit and nobody else's."""
import asyncio
import contextlib
import json

import pytest
from client import connect

from harness import seed
from harness.peers import QuinnClient
from harness.requests import announce, counts, file


def test_100_streams_at_once(server, client):
    answers = client.ask_at_once(server.address, [announce(2000 + number, left=1) for number in range(100)])

    assert sorted(counts(answer) for answer in answers) == [(0, number) for number in range(1, 101)]


def test_1000_requests_on_one_connection(server, client):
    """Ten times the streams that are allowed at once: credit comes back as streams end."""
    answers = client.ask_at_once(server.address, [announce(2000 + number, left=1) for number in range(1000)])

    assert sorted(counts(answer)[1] for answer in answers) == list(range(1, 1001))


def test_files_side_by_side(shared_server, client, root):
    names = ["log.txt", "small.txt", "medium.bin", "data.json", "hello_world.txt"] * 2

    answers = client.ask_at_once(shared_server.address, [file(name) for name in names])

    for name, answer in zip(names, answers, strict=True):
        assert bytes(json.loads(answer)["data"]) == (root / name).read_bytes()


def test_a_request_in_single_bytes(shared_server, client):
    [announced] = client.ask(shared_server.address, announce(3001, info_hash="51" * 20, left=1), piece=1)
    [fetched] = client.ask(shared_server.address, file("small.txt"), piece=1)

    assert counts(announced) == (0, 1)
    assert json.loads(fetched)["size"] == 35


def test_single_bytes_are_packets_of_their_own(shared_server):
    """So that the test above is about what it says."""
    request = json.dumps(file("small.txt")).encode()

    async def run():
        async with connect(shared_server.address) as connection:
            before = connection.packets_sent
            await connection.ask(request, piece=1)
            return connection.packets_sent - before

    assert asyncio.run(run()) > len(request)


def test_the_end_may_come_alone_and_late(shared_server):
    async def run():
        async with connect(shared_server.address) as connection:
            stream = connection.open()
            stream.send(json.dumps(file("small.txt")).encode())
            other = await connection.ask_json(file("hello_world.txt"))
            early = bytes(stream.received)
            stream.send(b"", end=True)
            return early, other, json.loads(await stream.answer(10))
    early, other, late = asyncio.run(run())

    assert early == b"", "a request is complete at its end, not before"
    assert (other["size"], late["size"]) == (30, 35)


def test_requests_that_never_end_block_nobody(shared_server):
    async def run():
        async with connect(shared_server.address) as connection:
            for _ in range(99):
                connection.open().send(b'{"file": "sm')
            return [await connection.ask_json(file("small.txt")) for _ in range(150)]

    assert {answer["size"] for answer in asyncio.run(run())} == {35}


@pytest.mark.parametrize("data", [b"", b"{", b"GET /", b"\xff" * 100])
def test_a_unidirectional_stream_is_no_request(shared_server, data):
    async def run():
        async with connect(shared_server.address) as connection:
            connection.send_unidirectional(data)
            connection.send_unidirectional(data, end=True)
            return await connection.ask_json(file("small.txt"))

    assert asyncio.run(run())["size"] == 35


@pytest.mark.parametrize("how", ["reset", "stop", "reset and stop"])
def test_an_abandoned_stream_gives_its_credit_back(shared_server, how):
    async def run():
        async with connect(shared_server.address) as connection:
            for _ in range(350):
                stream = await connection.open_in_credit()
                stream.send(json.dumps(file("medium.bin")).encode(), end=how == "stop")
                if "reset" in how:
                    stream.reset()
                if "stop" in how:
                    stream.stop()
            return await connection.ask_json(file("small.txt"), timeout=20)

    assert asyncio.run(run())["size"] == 35


@pytest.mark.parametrize("how", ["reset", "stop"])
def test_quinns_abandoned_streams_give_their_credit_back(shared_server, quinn, how):
    with quinn.session(shared_server.address) as session:
        request = json.dumps(file("medium.bin"))
        abandoned = quinn.perform(session, {"op": "abandon", "data": request, "how": how, "count": 350})
        after = quinn.perform(session, {"op": "ask", "data": json.dumps(file("small.txt"))})

    assert abandoned["count"] == 350
    assert json.loads(after)["size"] == 35


def test_a_download_stopped_in_its_middle_ends_alone(shared_server, root):
    async def run():
        async with connect(shared_server.address) as connection:
            doomed, other = connection.open(), connection.open()
            for stream in (doomed, other):
                stream.send(json.dumps(file("log.txt")).encode(), end=True)
            while not doomed.received:
                await asyncio.sleep(0.01)
            doomed.stop(7)
            answer = await other.answer(60)
            return answer, len(doomed.received), await connection.ask_json(file("small.txt"))
    answer, got, after = asyncio.run(run())

    assert bytes(json.loads(answer)["data"]) == (root / "log.txt").read_bytes()
    assert got < len(answer)
    assert after["size"] == 35


def test_a_reader_that_stops_blocks_nobody(shared_server, aioquic, root):
    """Neither its own connection's other streams, nor other connections."""
    async def run():
        async with connect(shared_server.address, stream_window=64 * 1024) as connection:
            deaf = [connection.open() for _ in range(50)]
            for stream in deaf:
                stream.stop_reading()
                stream.send(json.dumps(file("large.bin")).encode(), end=True)
            same = await connection.ask_json(file("log.txt"))
            async with connect(shared_server.address) as another:
                elsewhere = await another.ask_json(file("medium.bin"))
            return same, elsewhere, max(len(stream.received) for stream in deaf)
    same, elsewhere, most = asyncio.run(run())

    assert bytes(same["data"]) == (root / "log.txt").read_bytes()
    assert bytes(elsewhere["data"]) == (root / "medium.bin").read_bytes()
    assert 0 < most <= 64 * 1024


def test_a_reader_that_stops_and_goes_on_loses_nothing(shared_server, root):
    async def run():
        async with connect(shared_server.address, stream_window=64 * 1024) as connection:
            stream = connection.open()
            stream.stop_reading()
            stream.send(json.dumps(file("medium.bin")).encode(), end=True)
            while len(stream.received) < 64 * 1024:
                await asyncio.sleep(0.01)
            stream.read_on()
            return json.loads(await stream.answer(60))

    assert bytes(asyncio.run(run())["data"]) == (root / "medium.bin").read_bytes()


def test_quinns_unread_answers_block_nobody(shared_server, quinn):
    with quinn.session(shared_server.address) as session:
        for _ in range(20):
            quinn.perform(session, {"op": "deaf", "data": json.dumps(file("large.bin"))})
        after = quinn.perform(session, {"op": "ask", "data": json.dumps(file("small.txt"))})

    assert json.loads(after)["size"] == 35


def test_a_client_that_vanishes_leaves_nothing_behind(serve, aioquic):
    """200 clients gone without a word, each with a download under way."""
    server = serve()

    async def vanish():
        async with connect(server.address) as connection:
            connection.open().send(json.dumps(file("large.bin")).encode(), end=True)
            await asyncio.sleep(0)
            # Closes the socket with nothing said.
            connection.close = lambda: None

    async def run():
        for _ in range(10):
            await asyncio.gather(*(vanish() for _ in range(20)))
    asyncio.run(run())

    assert json.loads(aioquic.ask(server.address, file("small.txt"))[0])["size"] == 35


def test_readers_that_stop_keep_no_file_from_others(serve, aioquic, root):
    """400 answers under way, and 256 descriptors."""
    server = serve(before=("prlimit", "--nofile=256:256"))

    async def run():
        async with contextlib.AsyncExitStack() as stack:
            streams = []
            for _ in range(4):
                connection = await stack.enter_async_context(connect(server.address, stream_window=4096))
                for _ in range(100):
                    streams.append(connection.open())
                    streams[-1].stop_reading()
                    streams[-1].send(json.dumps(file("medium.bin")).encode(), end=True)
            while not all(len(stream.received) >= 4096 for stream in streams):
                await asyncio.sleep(0.05)
            async with connect(server.address) as another:
                elsewhere = await another.ask_json(file("small.txt"))
            streams[-1].read_on()
            return elsewhere, json.loads(await streams[-1].answer(60))
    elsewhere, resumed = asyncio.run(run())

    assert elsewhere["size"] == 35
    assert bytes(resumed["data"]) == (root / "medium.bin").read_bytes()


def test_an_unread_answer_costs_little(serve, root):
    """1000 readers that never read a 20 MB file: each holds one small buffer."""
    server = serve()
    before = server.process.peak_memory()

    async def run():
        held = []
        for _ in range(10):
            held.append(connect(server.address, stream_window=4096))
            connection = await held[-1].__aenter__()
            for _ in range(100):
                stream = connection.open()
                stream.stop_reading()
                stream.send(json.dumps(file("large.bin")).encode(), end=True)
            while not all(len(stream.received) >= 4096 for stream in connection._streams.values()):
                await asyncio.sleep(0.05)
        peak = server.process.peak_memory()
        for one in held:
            await one.__aexit__(None, None, None)
        return peak
    grown = asyncio.run(run()) - before

    # A sanitizer's shadow and quarantine come on top.
    limit = 1000 * 48 * 1024 * (3 if server.sanitized else 1)
    assert grown < limit, f"{grown / 1e6:.0f} MB for 1000 unread answers"


@pytest.mark.long
@pytest.mark.timeout(840)
def test_50_downloads_of_the_large_file_fit_in_200_mb(serve, root, tmp_path):
    server = serve()
    quinn = QuinnClient(tmp_path)
    answer = seed.listed(root, "large.bin")

    with quinn.session(server.address) as session:
        session.say({"op": "many", "requests": [json.dumps(file("large.bin"))] * 50, "drain": True})
        lines = [session.line(800) for _ in range(50)]

    peak = server.process.peak_memory()
    assert {line["answer_bytes"] for line in lines} == {len(answer)}
    assert {line["sha256"] for line in lines} == {seed.sha256(answer)}
    assert peak < (600 if server.sanitized else 200) * 10**6, f"{peak / 1e6:.0f} MB"


@pytest.mark.long
@pytest.mark.timeout(840)
def test_50_clients_download_the_large_file_at_once(serve, root, tmp_path):
    """As above, each on a connection of its own."""
    server = serve()
    quinn = QuinnClient(tmp_path)
    answer = seed.listed(root, "large.bin")
    sessions = [quinn.session(server.address) for _ in range(50)]
    opened = [session.__enter__() for session in sessions]

    for session in opened:
        session.say({"op": "many", "requests": [json.dumps(file("large.bin"))], "drain": True})
    lines = [session.line(800) for session in opened]
    peak = server.process.peak_memory()
    for session in sessions:
        session.__exit__(None, None, None)

    assert {line["sha256"] for line in lines} == {seed.sha256(answer)}
    # ASan keeps what was freed, up to 256 MB, and shadows all.
    assert peak < (800 if server.sanitized else 200) * 10**6, f"{peak / 1e6:.0f} MB"
