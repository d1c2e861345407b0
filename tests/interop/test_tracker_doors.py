# SPDX-License-Identifier: MIT
"""What real BitTorrent clients rely on, and what trackers have got wrong: one table, run against each door that it concerns. The
numbers are those of docs/wire.md, "What clients send"."""
import itertools
import socket
import struct

import pytest

from harness import h3, udp, web

PEER_ID = "-TQ0001-abcdefghijkl"
_fresh = itertools.count()


class Http:
    """HTTP/1.1, on one connection."""

    def __init__(self, server, tls=None):
        self.connection = web.Connection(server.address, tls)

    def ask(self, target, method="GET"):
        self.connection.send(web.request(target, method))
        return self.connection.hear(has_body=method != "HEAD")

    def close(self):
        self.connection.socket.close()


DOORS = {"http": Http, "https": lambda server: Http(server, web.anyone()), "h3": h3.Door}


@pytest.fixture(params=DOORS)
def door(request, shared_server):
    opened = DOORS[request.param](shared_server)
    yield opened
    opened.close()


class Swarm:
    """A new info hash, and its peers by their ports."""

    def __init__(self, door):
        self.door = door
        self.hash = f"swarm{next(_fresh):015}"

    def query(self, port, **parameters):
        parameters = {"info_hash": self.hash, "peer_id": PEER_ID, "port": port, **parameters}
        return "&".join(f"{name}={value}" for name, value in parameters.items() if value is not None)

    def announce(self, port=6881, **parameters):
        return self.door.ask("/announce?" + self.query(port, **parameters)).tracked

    def scraped(self):
        files = self.door.ask(f"/scrape?info_hash={self.hash}").tracked[b"files"]
        return tuple(files[self.hash.encode()][key] for key in (b"complete", b"downloaded", b"incomplete"))


class UdpSwarm:
    """The same over UDP, its answers with the names that they have in HTTP."""

    def __init__(self, server):
        self.tracker = udp.Tracker(server.address)
        self.hash = f"swarm{next(_fresh):015}".encode()

    def announce(self, port=6881, left=0, event="", peer_id=PEER_ID):
        event = udp.EVENTS.get(event or "", 99)
        interval, incomplete, complete, peers = self.tracker.announce(self.hash, port, left % 2**64, event, peer_id=peer_id.encode())
        packed = b"".join(struct.pack("!4sH", socket.inet_aton(ip), port) for ip, port in peers)
        return {b"interval": interval, b"complete": complete, b"incomplete": incomplete, b"peers": packed}

    def scraped(self):
        return self.tracker.scrape(self.hash)[0]


@pytest.fixture
def swarm(door):
    return Swarm(door)


@pytest.fixture(params=[*DOORS, "udp"])
def any_swarm(request, shared_server):
    if request.param == "udp":
        swarm = UdpSwarm(shared_server)
        yield swarm
        swarm.tracker.close()
    else:
        door = DOORS[request.param](shared_server)
        yield Swarm(door)
        door.close()


def ports(answer):
    data = answer[b"peers"]
    return sorted(port for _, port in struct.iter_unpack("!4sH", data))


def reason(answer):
    return answer[b"failure reason"].decode()


# What is wrong with an announce, and what the answer must say (1, 11, 18).
WRONG = {
    "nothing": ("", "info_hash"),
    "no hash": (f"peer_id={PEER_ID}&port=1", "info_hash"),
    "short hash": (f"info_hash=abc&peer_id={PEER_ID}&port=1", "20"),
    "hexadecimal": (f"info_hash={'ab' * 20}&peer_id={PEER_ID}&port=1", "hexadecimal"),
    "bad escape": (f"info_hash=%zz{'a' * 19}&peer_id={PEER_ID}&port=1", "%"),
    "two hashes": (f"info_hash={'a' * 20}&info_hash={'a' * 20}&peer_id={PEER_ID}&port=1", "twice"),
    "port 0": (f"info_hash={'a' * 20}&peer_id={PEER_ID}&port=0", "port"),
    "port 65536": (f"info_hash={'a' * 20}&peer_id={PEER_ID}&port=65536", "port"),
    "no port": (f"info_hash={'a' * 20}&peer_id={PEER_ID}", "port"),
    "no peer_id": (f"info_hash={'a' * 20}&port=1", "peer_id"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_1_an_error_is_an_answer_that_says_what_is_wrong(door, wrong):
    query, mentions = WRONG[wrong]
    answer = door.ask(f"/announce?{query}")

    assert mentions in reason(answer.tracked)
    assert answer.fields["content-type"] == "text/plain"
    assert {b"interval", b"min interval"} <= set(answer.tracked), "2: libtorrent takes them from failures, too"


@pytest.mark.parametrize("path", ["/scrape", "/anounce?info_hash=" + "a" * 20, "/announce?"])
def test_1_so_it_is_on_every_path_that_a_client_may_mean(door, path):
    assert reason(door.ask(path).tracked)


def test_5_peers_are_always_there(swarm):
    answer = swarm.announce(left=1)

    assert answer[b"peers"] == b"" and b"peers6" not in answer
    assert swarm.announce(left=1, compact=0)[b"peers"] == []


def test_8_compact_is_the_default_and_a_list_can_be_asked_for(swarm):
    swarm.announce(6001, left=0)

    assert swarm.announce(6002, left=1)[b"peers"] == socket.inet_aton("127.0.0.1") + struct.pack("!H", 6001)
    assert swarm.announce(6002, left=1, compact=1)[b"peers"] == socket.inet_aton("127.0.0.1") + struct.pack("!H", 6001)
    assert swarm.announce(6002, left=1, compact=0)[b"peers"] == [{b"ip": b"127.0.0.1", b"port": 6001}]


def test_6_the_families_are_kept_apart(swarm):
    swarm.announce(6001, left=0, ip="2001%3Adb8%3A%3A1")
    swarm.announce(6003, left=0, ip="%3A%3Affff%3A192.0.2.7")

    answer = swarm.announce(6002, left=1)

    assert answer[b"peers6"] == socket.inet_pton(socket.AF_INET6, "2001:db8::1") + struct.pack("!H", 6001)
    assert answer[b"peers"] == socket.inet_aton("192.0.2.7") + struct.pack("!H", 6003), "27: mapped addresses are IPv4"
    assert {peer[b"ip"] for peer in swarm.announce(6002, left=1, compact=0)[b"peers"]} == {b"2001:db8::1", b"192.0.2.7"}


@pytest.mark.parametrize("numwant, expected", [(None, 50), (-1, 50), (0, 0), (3, 3), (10**30, 60), ("x", 50), ("", 50)])
def test_10_numwant(swarm, numwant, expected):
    for port in range(7001, 7061):
        swarm.announce(port, left=1, numwant=0)

    assert len(ports(swarm.announce(6001, left=1, numwant=numwant))) == expected


@pytest.mark.parametrize("left, seeder", [(0, True), (1, False), (2**32, False), (2**64 - 1, False), (2**64, False), (-1, False),
                                          ("", False), ("x", False), (None, False)])
def test_12_left(swarm, left, seeder):
    answer = swarm.announce(left=left)

    assert (answer[b"complete"], answer[b"incomplete"]) == ((1, 0) if seeder else (0, 1))


@pytest.mark.parametrize("event", ["", "empty", "paused", "STARTED", "unheard-of", None])
def test_13_an_unknown_event_is_none(any_swarm, event):
    assert any_swarm.announce(left=1, event=event)[b"incomplete"] == 1


def test_15_who_leaves_is_no_longer_there(any_swarm):
    any_swarm.announce(6001, left=1)
    any_swarm.announce(6002, left=1, event="stopped")

    answer = any_swarm.announce(6001, left=1, event="stopped")

    assert (answer[b"complete"], answer[b"incomplete"], answer[b"peers"]) == (0, 0, b"")
    assert any_swarm.announce(0, left=1, event="stopped")[b"peers"] == b"", "11: some leave with port 0"


def test_16_completed_counts_once_and_only_for_seeders(any_swarm):
    any_swarm.announce(6001, left=5, event="started")
    any_swarm.announce(6001, left=5, event="completed")
    assert any_swarm.scraped() == (0, 0, 1)

    any_swarm.announce(6001, left=0)
    assert any_swarm.scraped() == (1, 0, 0), "at once, without the event"

    any_swarm.announce(6001, left=0, event="completed")
    any_swarm.announce(6001, left=0, event="completed")
    assert any_swarm.scraped() == (1, 1, 0)


def test_17_a_peer_is_its_address(any_swarm):
    any_swarm.announce(6001, left=1)
    answer = any_swarm.announce(6001, left=0, peer_id="-XX9999-abcdefghijkl")

    assert (answer[b"complete"], answer[b"incomplete"]) == (1, 0)
    assert ports(answer) == [], "nobody hears of itself"


def test_17_seeders_are_told_of_leechers_only(any_swarm):
    for port, left in ((6001, 0), (6002, 0), (6003, 1)):
        any_swarm.announce(port, left=left)

    assert ports(any_swarm.announce(6001, left=0)) == [6003]
    assert ports(any_swarm.announce(6003, left=1)) == [6001, 6002]


@pytest.mark.parametrize("spelt", [b"%aA%Bb+\xff~%7E\x01abcdefghijkl", b"%AA%bb%2B%ff%7e~%01abcdefghijkl"])
def test_18_bytes_escaped_or_raw(door, spelt):
    if isinstance(door, h3.Door) and b"\xff" in spelt:
        pytest.skip("a path of HTTP/3 holds no raw bytes: nghttp3 resets such a request with H3_MESSAGE_ERROR")
    decoded = b"\xaa\xbb+\xff~~\x01abcdefghijkl"
    assert len(decoded) == 19
    query = b"info_hash=" + spelt + b"m&peer_id=%00" + PEER_ID[1:].encode() + b"&port=6881"
    answer = door.ask(b"/announce?" + query + b"&left=0&passkey=YWJj==&x=%zz")

    assert b"failure reason" not in answer.tracked
    assert decoded + b"m" in door.ask(b"/scrape?info_hash=" + spelt + b"m").tracked[b"files"]


def test_18_a_long_hash_is_that_of_its_first_20_bytes(swarm):
    swarm.announce(6001, left=0, info_hash=swarm.hash + "the-rest-of-32")

    assert swarm.announce(6002, left=1)[b"complete"] == 0, "34 bytes are no hash of BEP 52"

    swarm.announce(6001, left=0, info_hash=swarm.hash + "12-bytes-are")

    assert ports(swarm.announce(6002, left=1)) == [6001]


@pytest.mark.parametrize("prefix", ["", "/0123abcd", "/a/b"])
@pytest.mark.parametrize("suffix", ["", ".php"])
def test_19_a_key_may_be_in_the_path(door, prefix, suffix):
    swarm = Swarm(door)
    answer = door.ask(f"{prefix}/announce{suffix}?passkey=x&{swarm.query(6881, left=1)}").tracked

    assert answer[b"incomplete"] == 1
    assert door.ask(f"{prefix}/scrape{suffix}?info_hash={swarm.hash}").tracked[b"files"]


def test_20_unknown_parameters_are_ignored(swarm):
    answer = swarm.announce(left=1, corrupt=0, redundant=0, key="2A3B4C5D", supportcrypto=1, requirecrypto=1, cryptoport=0,
                            trackerid="x", ipv4="192.0.2.9", ipv6="::9", no_peer_id=1)

    assert answer[b"incomplete"] == 1


@pytest.mark.parametrize("parameter", [{"ip": "peer.example"}, {"ipv4": "192.0.2.9"}, {"ipv6": "2001:db8::9"}, {"ip": ""}])
def test_21_only_an_address_in_ip_is_one(swarm, parameter):
    swarm.announce(6001, left=0, **parameter)

    answer = swarm.announce(6002, left=1)

    assert answer[b"peers"] == socket.inet_aton("127.0.0.1") + struct.pack("!H", 6001) and b"peers6" not in answer


def test_24_an_asker_is_told_its_address(swarm):
    assert swarm.announce(left=1)[b"external ip"] == socket.inet_aton("127.0.0.1")


def test_25_intervals_are_said(swarm):
    answer = swarm.announce(left=1)

    assert (answer[b"interval"], answer[b"min interval"]) == (60, 30)


def test_26_a_client_may_come_over_both_families(swarm):
    swarm.announce(6001, left=0, ip="2001%3Adb8%3A%3A1")
    answer = swarm.announce(6001, left=0)
    assert answer[b"complete"] == 2, "one peer_id at two addresses"

    answer = swarm.announce(6001, left=0, event="stopped")

    assert answer[b"complete"] == 1, "each leaves by itself"


def test_28_unknown_swarms_are_scraped_as_zeros(swarm):
    answer = swarm.door.ask("/scrape?info_hash=" + "z" * 20 + "&info_hash=" + "y" * 20).tracked

    zeros = {b"complete": 0, b"downloaded": 0, b"incomplete": 0}
    assert {hash: {key: row[key] for key in zeros} for hash, row in answer[b"files"].items()} == {b"y" * 20: zeros, b"z" * 20: zeros}
    assert answer[b"flags"] == {b"min_request_interval": 30}


def test_29_a_url_of_four_kilobytes_is_taken(door):
    hashes = [bytes([number]) * 20 for number in range(60)]
    target = "/scrape?" + "&".join("info_hash=" + "".join(f"%{byte:02x}" for byte in hash) for hash in hashes)
    assert len(target) > 4096

    assert set(door.ask(target).tracked[b"files"]) == set(hashes)


def test_29_other_methods_are_refused(door):
    for method in ("POST", "HEAD", "PUT", "OPTIONS"):
        assert 400 <= door.ask("/announce", method=method).status < 500
