# SPDX-License-Identifier: MIT
"""What lies below the requests: tokens, addresses, keys, limits."""
import asyncio
import json

import pytest
from aioquic.quic.packet import QuicProtocolVersion
from aioquic.tls import Epoch
from client import connect

from harness.nat import Nat
from harness.peers import NO_APPLICATION_PROTOCOL
from harness.requests import announce, counts, file

DOCUMENT_TOKENS = ["h3", "h2", "http/1.1", "doq"]
SECONDS_OF_AT_ONCE = 3  # a time-out takes 10


@pytest.mark.parametrize("offered", [["h3"], DOCUMENT_TOKENS, DOCUMENT_TOKENS[::-1]])
def test_the_token_is_h3(shared_server, client, offered):
    assert client.chosen_alpn(shared_server.address, offered) == "h3"


@pytest.mark.parametrize("offered", [["h2"], ["h2", "http/1.1", "doq"], ["H3"], ["h3-29"], ["h33"], ["h"], []])
def test_no_common_token_is_refused_at_once(shared_server, client, offered):
    refused = client.refusal(shared_server.address, offered)

    assert refused is not None, "the handshake went through"
    assert (refused.by, refused.code) == ("peer", NO_APPLICATION_PROTOCOL)
    assert refused.seconds < SECONDS_OF_AT_ONCE


def test_a_client_hello_in_two_datagrams(shared_server, quinn):
    """A post-quantum key share does not fit into one."""
    finished = quinn.run(shared_server.address, "--post-quantum", "file", "small.txt")

    assert finished.code == 0, finished
    assert finished.objects[1]["size"] == 35


def test_a_client_hello_in_two_datagrams_in_the_wrong_order(shared_server, quinn):
    with Swapped(shared_server.address) as relay:
        finished = quinn.run(relay.address, "--post-quantum", "file", "small.txt")

    assert finished.code == 0, finished
    assert relay.swapped, "the client sent but one datagram"


class Swapped(Nat):
    """Passes the first two datagrams of the client on in the other order."""

    def __init__(self, server):
        self._first = None
        self.swapped = False
        super().__init__(server)

    def _outwards(self):
        for data, source in self._waiting(self._inner):
            self._client = source
            if self._first is None:
                self._first = data
                continue
            self._send(self._outer, data, self._server)
            if not self.swapped:
                self._send(self._outer, self._first, self._server)
                self.swapped = True


@pytest.mark.parametrize("listen", [["127.0.0.1:0"], ["[::1]:0"], ["[::]:0"], ["0.0.0.0:0"], ["127.0.0.1:0", "[::1]:0"]])
def test_both_address_families(serve, client, listen):
    server = serve(listen=listen)
    addresses = server.addresses()
    if listen == ["[::]:0"]:
        addresses = [("::1", addresses[0][1]), ("127.0.0.1", addresses[0][1])]

    for address in addresses:
        [fetched, announced] = client.ask(address, file("small.txt"), announce(1, left=1))
        assert json.loads(fetched)["size"] == 35, address
        assert counts(announced)[1] >= 1


def test_peers_of_both_families_meet(serve, aioquic):
    """An IPv4 client of the socket for both is an IPv4 peer."""
    server = serve(listen=["[::]:0"])
    [(_, port)] = server.addresses()
    aioquic.ask(("127.0.0.1", port), announce(1, left=1))
    aioquic.ask(("::1", port), announce(2, left=1))

    [answer] = aioquic.ask(("127.0.0.1", port), announce(3, left=0))

    found = sorted((peer["ip"], peer["port"]) for peer in json.loads(answer)["peers"])
    assert found == [("127.0.0.1", 1), ("::1", 2)]


def test_the_answer_comes_from_the_address_that_was_asked(serve, client):
    server = serve(listen=["0.0.0.0:0"])
    [(_, port)] = server.addresses()

    [answer] = client.ask(("127.0.0.5", port), file("small.txt"))

    assert json.loads(answer)["size"] == 35


def test_the_pin_is_that_of_the_certificate(shared_server, client):
    assert client.pin(shared_server.address) == shared_server.pin


def test_keys_are_updated(shared_server, client, root):
    requests = [file("small.txt"), file("medium.bin"), file("hello_world.txt"), file("small.txt")]

    answers = client.ask(shared_server.address, *requests, between="key-update")

    assert [json.loads(answer)["size"] for answer in answers] == [35, 500_000, 30, 35]
    assert bytes(json.loads(answers[1])["data"]) == (root / "medium.bin").read_bytes()


@pytest.mark.parametrize("event", ["rebind", "rebind:127.0.0.9"])
def test_a_client_that_moves_is_served_on(serve, client, event):
    """Ports hash onto workers: eight moves meet another one, all but surely."""
    server = serve("--workers", 2)

    answers = client.ask(server.address, *[announce(5000 + number, left=1) for number in range(9)], between=event)

    assert [counts(answer)[1] for answer in answers] == list(range(1, 10))


@pytest.mark.parametrize("outer", ["127.0.0.1", "127.0.0.7"])
def test_a_client_behind_a_nat_that_forgets_is_served_on(serve, client, root, outer):
    """The client knows nothing of it, and its connection IDs stay the same."""
    server = serve("--workers", 2)

    with Nat(server.address) as nat:
        answers = client.ask(nat.address, *[file("small.txt"), file("medium.bin")] * 5, between=lambda: nat.rebind(outer))

    assert [json.loads(answer)["size"] for answer in answers] == [35, 500_000] * 5
    assert bytes(json.loads(answers[-1])["data"]) == (root / "medium.bin").read_bytes()


def test_a_download_goes_on_while_its_nat_forgets(serve, root):
    server = serve("--workers", 2)

    async def run():
        with Nat(server.address) as nat:
            async with connect(nat.address) as connection:
                stream = connection.open()
                stream.send(json.dumps(file("log.txt")).encode(), end=True)
                for share in (0.1, 0.3, 0.5, 0.7):
                    while len(stream.received) < share * 4_000_000:
                        await asyncio.sleep(0.005)
                    nat.rebind()
                    # The server learns of the new address from the next packet.
                    connection._quic.send_ping(1)
                    connection.transmit()
                return json.loads(await stream.answer(90))

    assert bytes(asyncio.run(run())["data"]) == (root / "log.txt").read_bytes()


def test_an_aioquic_client_that_prefers_version_2_ends_on_version_1(shared_server):
    async def run():
        versions = (QuicProtocolVersion.VERSION_2, QuicProtocolVersion.VERSION_1)
        async with connect(shared_server.address, versions=versions) as connection:
            return connection._quic._version, await connection.ask_json(file("small.txt"))
    version, answer = asyncio.run(run())

    assert version == QuicProtocolVersion.VERSION_1
    assert answer["size"] == 35


def test_the_server_opens_no_stream(shared_server):
    """A client of the document does not expect one."""
    async def run():
        async with connect(shared_server.address) as connection:
            await connection.ask_json(file("small.txt"))
            await connection.ping()
            return set(connection._quic._streams) | set(connection._streams)

    assert all(stream % 4 == 0 for stream in asyncio.run(run()))


def test_the_server_announces_its_limits(shared_server):
    """Idle after 30 s (the smaller of both sides' counts, RFC 9000 10.1), 100 streams at once."""
    async def run():
        async with connect(shared_server.address, idle_timeout=300) as connection:
            return connection._quic._remote_max_idle_timeout, connection._quic._remote_max_streams_bidi

    assert asyncio.run(run()) == (30.0, 100)


@pytest.mark.parametrize("message", ["1800000100", "1800000101", "040000020000", "0b0000020000"], ids=["key-update", "asking", "ticket", "certificate"])
def test_tls_messages_after_the_handshake_end_the_connection(shared_server, message):
    """A client has none to send (RFC 9001 4.4); a KeyUpdate is a connection error 0x10a (RFC 9001 6)."""
    async def run():
        async with connect(shared_server.address) as connection:
            connection._quic._crypto_streams[Epoch.ONE_RTT].sender.write(bytes.fromhex(message))
            connection.transmit()
            return await connection.wait_for_close(SECONDS_OF_AT_ONCE)
    closed = asyncio.run(run())

    assert (closed.by, closed.code, closed.application) == ("peer", 0x10A, False)


def test_a_protocol_violation_is_told(shared_server):
    """A connection that the server ends in error gets its CONNECTION_CLOSE."""
    async def run():
        async with connect(shared_server.address) as connection:
            # Beyond the credit: STREAM_LIMIT_ERROR, RFC 9000 4.6.
            connection._quic._remote_max_streams_bidi = 10**6
            connection._quic.send_stream_data(4 * 5000, b"{}", end_stream=True)
            connection.transmit()
            return await connection.wait_for_close(SECONDS_OF_AT_ONCE)
    closed = asyncio.run(run())

    assert (closed.by, closed.code, closed.application) == ("peer", 0x4, False)
