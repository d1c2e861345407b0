# SPDX-License-Identifier: MIT
"""torq's UDP tracker (BEP 15), beside QUIC on its port. The numbers are those of docs/wire.md, "UDP trackers"; what all doors have
in common is in ../interop/test_tracker_doors.py."""
import itertools
import json
import signal
import socket
import struct

import pytest

from harness import udp

_fresh = itertools.count()


@pytest.fixture
def swarm():
    return f"udp{next(_fresh):017}".encode()


def at(server):
    [door] = [door for door in server.ready["listen"] if door["door"] == "udp"]
    return {"::": "::1", "0.0.0.0": "127.0.0.1"}.get(door["address"], door["address"]), door["port"]


@pytest.fixture
def tracker(shared_server):
    with udp.Tracker(at(shared_server)) as opened:
        yield opened


@pytest.mark.parametrize("listen, mine, other", [("127.0.0.1:0", "127.0.0.2", "127.0.0.3"), ("[::1]:0", "::1", "::1")])
def test_a_client_comes_and_goes(serve, swarm, listen, mine, other):
    server = serve("--interval", 1800, listen=[listen])
    with udp.Tracker(at(server), mine) as first, udp.Tracker(at(server), other) as second:
        assert first.announce(swarm, 6001, left=9, event=2) == (1800, 1, 0, [])
        assert second.announce(swarm, 6002, left=0, event=2) == (1800, 1, 1, [(mine, 6001)])
        assert first.announce(swarm, 6001, left=9) == (1800, 1, 1, [(other, 6002)])
        assert first.announce(swarm, 6001, left=0, event=1) == (1800, 0, 2, []), "a seeder has no use for seeders"
        assert second.scrape(swarm, bytes(20)) == [(2, 1, 0), (0, 0, 0)]
        assert first.announce(swarm, 6001, left=0, event=3) == (1800, 0, 1, [])
        assert first.scrape(swarm) == [(1, 1, 0)]


def test_32_an_id_belongs_to_an_address_and_to_no_port_worker_or_process(serve, swarm):
    server = serve("--workers", 3)
    with udp.Tracker(at(server)) as first:
        known = first.connect()
    assert known >> 62 == 0, "or its packets would be taken for QUIC"
    trackers = [udp.Tracker(at(server)) for _ in range(12)]  # the kernel spreads them over the workers
    for number, tracker in enumerate(trackers, 1):
        tracker.id = known
        assert tracker.announce(swarm, 7000 + number)[1] == number
        tracker.close()

    server.process.kill()
    server.finish = lambda: None
    again = serve(state=server.state)
    with udp.Tracker(at(again)) as late:
        late.id = known
        assert late.scrape(swarm) == [(0, 0, 0)]


def test_34_who_is_not_proven_is_not_answered(shared_server, tracker, swarm):
    known = tracker.connect()
    with udp.Tracker(at(shared_server), "127.0.0.9") as other:
        foreign = other.connect()
    announce = swarm + udp.PEER_ID + struct.pack("!QQQIIIiH", 0, 1, 0, 0, 0, 0, -1, 6881)
    header = struct.Struct("!QII")
    wrong = [header.pack(id, action, 7) + body
             for id in (foreign, known ^ 1, 0, udp.MAGIC)
             for action, body in ((udp.ANNOUNCE, announce), (udp.SCRAPE, swarm), (udp.SCRAPE, b""))]
    malformed = [b"", b"\0", b"\0" * 15, b"\x3f" * 200, b"\0" * 1400, header.pack(udp.MAGIC ^ 1, udp.CONNECT, 7),
                 header.pack(known, udp.ERROR, 7), header.pack(known, 4, 7) + announce, header.pack(udp.MAGIC, udp.CONNECT, 7)[:15]]

    assert tracker.is_silent(*wrong, *malformed)
    assert tracker.scrape(swarm) == [(0, 0, 0)]


def test_35_a_connect_may_be_longer(tracker):
    tracker.send(struct.pack("!QII", udp.MAGIC, udp.CONNECT, 7) + b"x" * 1000)

    assert len(tracker.hear()) == 16


@pytest.mark.parametrize("options", [b"", b"\x02\x09/announce", b"\x02\x00", b"\x01\x01\x02\x02/a\x00rest", b"\x09\x03\x00\x00\x00\x02\x01/",
                                     b"\x02\xff/cut", b"\x02", b"\x01" * 1000])
def test_36_whatever_follows_an_announce(tracker, swarm, options):
    assert tracker.announce(swarm, options=options)[1] == 1


@pytest.mark.parametrize("event", [4, 5, 2**32 - 1])
def test_38_other_events_are_a_refresh(tracker, swarm, event):
    assert tracker.announce(swarm, event=event)[1:] == (1, 0, [])


@pytest.mark.parametrize("numwant, expected", [(-1, 50), (0, 0), (3, 3), (2**31 - 1, 196), (-2**31, 50)])
def test_39_numwant(shared_server, numwant, expected):
    swarm = b"many".ljust(20)
    with udp.Tracker(at(shared_server)) as tracker:
        for port in range(1, 202):
            tracker.announce(swarm, port, numwant=0)

        assert len(set(tracker.announce(swarm, 1000, numwant=numwant)[3])) == expected


def test_41_port_0_is_for_those_who_leave(tracker, swarm):
    with pytest.raises(udp.Refused, match="port"):
        tracker.announce(swarm, 0)
    assert tracker.announce(swarm, 0, event=3)[1:] == (0, 0, [])


def test_43_scrapes_keep_their_order_up_to_74(tracker, swarm):
    tracker.announce(swarm, left=0)
    hashes = [swarm, bytes(20), swarm, *(bytes([number]) * 20 for number in range(1, 72))]
    rows = tracker.scrape(*hashes)

    assert len(hashes) == len(rows) == 74
    assert rows[:4] == [(1, 0, 0), (0, 0, 0), (1, 0, 0), (0, 0, 0)]
    assert tracker.scrape(*hashes, swarm) == rows
    for ragged in (b"", swarm + b"12345", b"1" * 19):
        with pytest.raises(udp.Refused, match="20 bytes"):
            tracker.scrape(ragged)


def test_46_a_retransmission_changes_nothing(tracker, swarm):
    first = tracker.announce(swarm, left=0, event=1)

    assert tracker.announce(swarm, left=0, event=1) == first
    assert tracker.scrape(swarm) == [(1, 1, 0)]


@pytest.mark.parametrize("listen, asked", [("0.0.0.0:0", ["127.0.0.1", "127.0.0.5"]), ("[::]:0", ["::1", "127.0.0.6"])])
def test_47_the_answer_comes_from_the_address_that_was_asked(serve, listen, asked):
    port = at(serve(listen=[listen]))[1]
    for address in asked:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(20)
            client.sendto(struct.pack("!QII", udp.MAGIC, udp.CONNECT, 7), (address, port))

            assert client.recvfrom(100)[1][:2] == (address, port)


def test_peers_of_quic_and_udp_meet_on_one_port(shared_server, tracker, aioquic, swarm):
    assert at(shared_server) == shared_server.address

    assert tracker.announce(swarm, 6001)[3] == []
    [answer] = aioquic.ask(shared_server.address, {"info_hash": swarm.hex(), "peer_id": "x", "port": 6002, "left": 1})
    assert json.loads(answer)["peers"] == [{"ip": "127.0.0.1", "port": 6001}]
    assert tracker.announce(swarm, 6001)[3] == [("127.0.0.1", 6002)]


def test_a_door_alone_speaks_nothing_else(serve, command, swarm):
    server = serve(listen=["udp://127.0.0.1:0", "quic://127.0.0.1:0"])
    quic = server.address
    assert at(server) != quic

    with udp.Tracker(at(server)) as tracker, udp.Tracker(quic, seconds=0.5) as deaf:
        assert tracker.announce(swarm)[1] == 1
        version_negotiation_wanted = b"\xc0\x1a\x2a\x3a\x4a\x08" + b"d" * 8 + b"\x08" + b"s" * 8 + bytes(1200)
        assert tracker.is_silent(version_negotiation_wanted)
        deaf.send(version_negotiation_wanted)
        assert deaf.hear()[0] & 0x80
        with pytest.raises(TimeoutError):
            deaf.connect()


def test_a_server_that_was_stopped_goes_on(serve, swarm):
    server = serve()
    with udp.Tracker(at(server)) as tracker:
        assert tracker.announce(swarm)[1] == 1
        for _ in range(3):
            server.process.send_signal(signal.SIGSTOP)
            tracker.send(struct.pack("!QII", udp.MAGIC, udp.CONNECT, 7))
            server.process.send_signal(signal.SIGCONT)
            assert len(tracker.hear()) == 16
        assert tracker.announce(swarm)[1] == 1
