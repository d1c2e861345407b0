# SPDX-License-Identifier: MIT
"""Each limit of docs/limits.md is kept, and counted under its name. What needs a crowd or much memory is in the unit tests that
docs/limits.md names."""
import asyncio
import contextlib
import json
import pathlib
import re
import struct
import time

from harness import peers, udp, web
from harness.requests import code_of, file

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "limits.md"
# Few of everything, for everybody.
CONFIG = """
exempt = []
retry_threshold = 0
max_connections = 2
max_connections_per_prefix = 1
max_handshakes_per_prefix = 50
max_streams = 2
max_request_bytes = 1024
max_json_file_bytes = 2048
max_numwant = 1
max_unread_response = 65536
first_byte_timeout = 1
request_timeout = 1
max_resets_per_second = 1
max_datagrams_per_wake = 1
max_http_connections = 2
max_http_connections_per_prefix = 1
http_request_timeout = 1
http_idle_timeout = 1
http_stalled_timeout = 1
max_swarms = 2
max_peers = 4
max_peers_per_swarm = 3
max_peers_per_address = 1
"""
# Hit below; the others by unit tests.
HIT = set(re.findall(r"^(\w+) =", CONFIG, re.M)) - {"exempt", "max_numwant", "max_handshakes_per_prefix", "first_byte_timeout", "http_idle_timeout"}


async def over_quic(server):
    async with contextlib.AsyncExitStack() as stack:
        mine = await stack.enter_async_context(peers.aioquic_client.connect(server.address))
        assert code_of(await mine.ask(b"{" * 2000)) == "REQUEST_TOO_LARGE"
        assert code_of(await mine.ask(file("medium.bin"))) == "FILE_TOO_LARGE"
        assert len(await mine.ask(file("medium.bin", encoding="raw"))) > 65536
        told = json.loads(await mine.ask(b'{"version": 1, "capabilities": []}'))["limits"]
        assert (told["max_json_file_bytes"], told["max_numwant"]) == (2048, 1)
        late = [mine.open() for _ in range(2)]
        for stream in late:
            stream.send(b"{")
        for host in (None, "127.0.0.3"):  # my own address, and one too many of all
            if host:
                await stack.enter_async_context(peers.aioquic_client.connect(server.address, source="127.0.0.2"))
            try:
                async with peers.aioquic_client.connect(server.address, source=host):
                    raise AssertionError(f"{host} was let in")
            except peers.aioquic_client.ConnectionClosed as refused:
                assert refused.closed.code == 2, refused
        for stream in late:
            with contextlib.suppress(peers.aioquic_client.StreamReset):
                raise AssertionError(await stream.answer(10))


def over_udp(server):
    """A burst, and what belongs to nobody: a server that has forgotten a client says so, but not to all of them."""
    with udp.Tracker(server.address) as tracker:
        for _ in range(300):
            tracker.send(struct.pack("!QII", udp.MAGIC, udp.CONNECT, 1))
        for _ in range(20):
            tracker.send(b"\x40" + bytes(60))


def fill_the_store(server):
    """The second of an address, the third swarm, the fourth in a swarm, the fifth in all."""
    heard = []
    for last, swarm, port in ((1, b"A", 1), (1, b"A", 2), (1, b"B", 1), (1, b"C", 1), (2, b"A", 1), (3, b"A", 1), (4, b"A", 1), (4, b"B", 1)):
        with udp.Tracker(server.address, source=f"127.0.1.{last}") as tracker:
            heard.append(len(tracker.announce(swarm * 20, port=port)[3]))
    assert max(heard) == 1, heard


def over_http(server):
    with web.Connection(server.address, source="127.0.0.2") as first:
        first.send(b"GET /healthz HTTP/1.1\r\n")
        with web.Connection(server.address, source="127.0.0.2") as second:
            assert second.ended()
        with web.Connection(server.address, source="127.0.0.3") as other:
            other.send(web.request("/files/large.bin"))
            assert other.socket.recv(1)  # it is not idle
            with web.Connection(server.address, source="127.0.0.4") as third:
                assert third.ended()
            assert first.hear().status == 408
            time.sleep(2)  # the rest of large.bin has no reader
    with web.Connection(server.address) as idle:
        assert idle.ask("/healthz").status == 200
        assert idle.ended(), "after a second"


def test_every_limit_is_kept_and_counted(serve, command, tmp_path):
    path = tmp_path / "torq.toml"
    path.write_text(CONFIG)
    root = tmp_path / "root"
    root.mkdir()
    (root / "medium.bin").write_bytes(bytes(300_000))
    (root / "large.bin").write_bytes(bytes(24 << 20))
    server = serve("--config", path, "--workers", 1, root=root)

    fill_the_store(server)
    asyncio.run(over_quic(server))
    over_udp(server)
    over_http(server)

    [said] = command("status", "--state", server.state, "--json").objects
    assert HIT <= {entry["limit"] for entry in said["limits"]}, said["limits"]


def test_the_page_has_every_limit(command):
    """Each setting of the template that is a limit has a row, and each row is a setting, with its default."""
    template = dict(re.findall(r"^# (\w+) = (.*)$", command("config", "template").out, re.M))
    rows = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 5 and cells[1].startswith("`"):
            names = re.findall(r"`(\w+)`", cells[1])
            defaults = re.findall(r"\d[\d,]*", cells[2])
            rows |= {name: defaults[at] if at < len(defaults) else None for at, name in enumerate(names)}
    limits = [name for name in template if re.match("max_|numwant|http_|exempt|retry|.*_timeout", name)]

    assert set(limits) == set(rows)
    for name in limits:
        if rows[name] and template[name].isdigit():
            value = int(rows[name].replace(",", "")) * (1 << 20 if name in ("max_unread_response", "max_json_file_bytes") else 1)  # MiB there
            assert value == int(template[name]), name
