# SPDX-License-Identifier: MIT
"""HTTP/3 on the connection and the port of the JSON protocol: which protocol a stream speaks, and what each end may do to it."""
import asyncio

import pytest

from harness import h3, web
from harness.requests import file

CONTROL = b"\x00\x04\x00"


def on_connection(server, use):
    async def run():
        async with h3.connect(server.address) as connection:
            return await use(connection)
    return asyncio.run(run())


def test_files_and_their_ranges(shared_server, root):
    async def use(connection):
        connection.begin()
        return (await connection.get("/files/medium.bin"), await connection.get("/files/medium.bin", range="bytes=1000-300000"),
                await connection.get("/files/medium.bin", method="HEAD"), await connection.get("/files/none"))

    whole, part, head, none = on_connection(shared_server, use)

    data = (root / "medium.bin").read_bytes()
    assert (whole.status, whole.body, whole.fields["content-length"]) == (200, data, "500000")
    assert (part.status, part.body, part.fields["content-range"]) == (206, data[1000:300001], "bytes 1000-300000/500000")
    assert (head.status, head.body, head.fields["content-length"]) == (200, b"", "500000")
    assert none.status == 404 and "date" in none.fields


def test_both_protocols_share_a_connection(shared_server):
    async def use(connection):
        before = await connection.ask_json(file("small.txt"))
        connection.begin()
        answers = await asyncio.gather(*(connection.get("/files/log.txt") if number % 2 else connection.ask_json(file("medium.bin"))
                                         for number in range(10)))
        return before, answers, await connection.ask_json(b" ")

    before, answers, empty = on_connection(shared_server, use)

    assert before["size"] == 35 and empty["code"] == "INVALID_JSON"
    assert [answer["size"] for answer in answers[::2]] == [500_000] * 5
    assert [len(answer.body) for answer in answers[1::2]] == [1_500_000] * 5


@pytest.mark.parametrize("data", [b"\x01", b"\x01\x05x", b"\x01{}", b"\x01" * 50])
def test_a_stream_that_only_begins_like_http3_is_refused_alone(shared_server, data):
    async def use(connection):
        stream = connection.open()
        stream.send(data, end=True)
        with pytest.raises(h3.StreamReset):
            await stream.answer(10)
        return await connection.ask_json(file("small.txt"))

    assert on_connection(shared_server, use)["size"] == 35


@pytest.mark.parametrize("how", ["reset", "stop"])
def test_a_request_that_is_taken_back_costs_that_stream_alone(shared_server, how):
    async def use(connection):
        connection.begin()
        for _ in range(120):
            stream = await connection.open_in_credit()
            connection.http.send_headers(stream.id, [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"x"),
                                                     (b":path", b"/files/log.txt")], end_stream=how == "stop")
            connection.transmit()
            getattr(stream, how)()
        return await connection.get("/healthz")

    assert on_connection(shared_server, use).status == 200


def test_huge_header_fields_are_refused_and_the_next_request_answered(shared_server):
    async def use(connection):
        connection.begin()
        return await connection.get("/healthz", x="y" * 20_000), await connection.get("/healthz")

    assert [answer.status for answer in on_connection(shared_server, use)] == [431, 200]


def test_what_unfinished_requests_hold_is_counted(serve, command):
    """Forty requests that each announce a field of 12,000 bytes, for which nghttp3 makes room at once."""
    server = serve()
    literal = b"\0\0\x21x" + b"\x7f\xe1\x5c"  # no reference; a name of one letter; 127 + 0x61 + 0x5c * 128

    def held():
        [said] = command("status", "--state", server.state, "--json").objects
        return said["memory"]["connections"]

    async def use(connection):
        before = held()
        streams = [connection.open() for _ in range(40)]
        for stream in streams:
            stream.send(b"\x01\x80\x00\x40\x00" + literal + b"value")
        await asyncio.sleep(0)
        assert (await connection.ask_json(file("small.txt")))["size"] == 35
        during = held()
        for stream in streams:
            stream.reset()
            stream.stop()
        while held() > before + 100_000:
            await asyncio.sleep(0.01)
        return during - before

    assert on_connection(server, use) > 40 * 12_000


@pytest.mark.parametrize("data, code", [(CONTROL + b"\x00\x01x", 0x105), (b"\x00\x01\x01x", 0x10a), (CONTROL + CONTROL[1:], 0x105)])
def test_a_broken_control_stream_ends_the_connection_and_says_why(shared_server, data, code):
    async def use(connection):
        connection.send_unidirectional(data)
        return await connection.wait_for_close(10)

    closed = on_connection(shared_server, use)

    assert (closed.by, closed.code, closed.application) == ("peer", code, True)


def test_https_names_the_port_of_http3(shared_server):
    with web.Connection(shared_server.address, web.anyone()) as connection:
        assert connection.ask("/healthz").fields["alt-svc"] == f'h3=":{shared_server.address[1]}"'


def test_a_server_that_ends_says_goodbye(serve):
    server = serve("--drain", "1")

    async def use(connection):
        connection.begin()
        before = await connection.get("/healthz")
        connection.open().send(b"\x01")
        server.process.send_signal()
        return before, await connection.wait_for_close(10), connection.heard

    before, closed, heard = on_connection(server, use)

    assert before.status == 200
    assert (closed.by, closed.code) == ("peer", 0)
    assert b"\x07\x08" in heard, "GOAWAY, with the largest number first"
    assert heard.count(b"\x07") >= 2
