# SPDX-License-Identifier: MIT
"""Foreign clients announce to torq."""
import asyncio
import json

import pytest
from client import connect

from harness.requests import HASH, OTHER_HASH, announce, code_of, counts, ports

LEECHER, SEEDER, THIRD = 6001, 6002, 6003


def ask_anew(client, server, request):
    """On a connection of its own, as the document's client does."""
    [answer] = client.ask(server.address, request)
    return answer


def test_a_swarm_lives_through_its_events(server, client):
    first = ask_anew(client, server, announce(LEECHER, left=100, uploaded=0, downloaded=0, event="started"))
    assert (ports(first), counts(first)) == ([], (0, 1))

    seeder = ask_anew(client, server, announce(SEEDER, left=0, event="started"))
    assert (ports(seeder), counts(seeder)) == ([LEECHER], (1, 1))

    refresh = ask_anew(client, server, announce(LEECHER, left=50, downloaded=50))
    assert (ports(refresh), counts(refresh)) == ([SEEDER], (1, 1))

    completed = ask_anew(client, server, announce(LEECHER, left=0, downloaded=100, event="completed"))
    assert (ports(completed), counts(completed)) == ([], (2, 0))

    third = ask_anew(client, server, announce(THIRD, left=7, event="started"))
    assert (ports(third), counts(third)) == ([LEECHER, SEEDER], (2, 1))

    stopped = ask_anew(client, server, announce(LEECHER, left=0, event="stopped"))
    assert LEECHER not in ports(stopped) and counts(stopped) == (1, 1)

    last = ask_anew(client, server, announce(THIRD, left=7))
    assert (ports(last), counts(last)) == ([SEEDER], (1, 1))


def test_an_answer_has_its_members_in_order(server, client):
    client.ask(server.address, announce(LEECHER, left=1))

    answer = json.loads(ask_anew(client, server, announce(SEEDER, left=0)))

    assert list(answer) == ["interval", "peers", "complete", "incomplete"]
    assert answer["interval"] == 60
    assert answer["peers"] == [{"ip": "127.0.0.1", "port": LEECHER}]


def test_the_interval_is_the_servers(serve, aioquic):
    server = serve("--interval", 17)

    assert json.loads(ask_anew(aioquic, server, announce(LEECHER)))["interval"] == 17


def test_swarms_are_apart(server, client):
    client.ask(server.address, announce(LEECHER, left=1))

    other = ask_anew(client, server, announce(SEEDER, info_hash=OTHER_HASH, left=0))

    assert (ports(other), counts(other)) == ([], (1, 0))


def test_who_says_nothing_of_left_is_a_leecher(server, client):
    assert counts(ask_anew(client, server, announce(LEECHER))) == (0, 1)
    assert counts(ask_anew(client, server, announce(SEEDER, left=None))) == (0, 2)


def test_left_beyond_32_bits_is_a_leecher(server, aioquic):
    assert counts(ask_anew(aioquic, server, announce(LEECHER, left=2**32))) == (0, 1)
    assert counts(ask_anew(aioquic, server, announce(SEEDER, left=2**64 - 1))) == (0, 2)


def test_every_spelling_of_a_hash_names_one_swarm(server, aioquic):
    aioquic.ask(server.address, announce(LEECHER, info_hash=HASH.upper(), left=1))

    of_version_2 = ask_anew(aioquic, server, announce(SEEDER, info_hash=HASH + "ab" * 12, left=1))

    assert ports(of_version_2) == [LEECHER]


def test_an_event_that_nobody_knows_is_a_refresh(server, aioquic):
    answer = ask_anew(aioquic, server, announce(LEECHER, event="paused", left=3))

    assert counts(answer) == (0, 1)


def test_stopping_what_never_started_is_no_error(server, client):
    assert counts(ask_anew(client, server, announce(LEECHER, event="stopped"))) == (0, 0)


def test_a_returning_peer_is_the_same_peer(server, aioquic):
    aioquic.ask(server.address, announce(LEECHER, peer_id="-ST0001-42", left=1))

    assert counts(ask_anew(aioquic, server, announce(LEECHER, peer_id="-ST0001-43", left=1))) == (0, 1)


@pytest.mark.parametrize("numwant, expected", [(0, 0), (3, 3), (None, 50), (-1, 50)])
def test_numwant_says_how_many_peers(server, aioquic, numwant, expected):
    aioquic.ask_at_once(server.address, [announce(7000 + number, left=1) for number in range(70)])

    found = ports(ask_anew(aioquic, server, announce(LEECHER, left=1, numwant=numwant)))

    assert len(set(found)) == len(found) == expected


def test_numwant_beyond_the_limit_means_the_limit(server, aioquic):
    limits = json.loads(ask_anew(aioquic, server, {"capabilities": [], "version": 1}))["limits"]
    peers = limits["max_numwant"] + 20
    aioquic.ask_at_once(server.address, [announce(7000 + number, left=1) for number in range(peers)])

    assert len(ports(ask_anew(aioquic, server, announce(LEECHER, left=1, numwant=10**9)))) == limits["max_numwant"]


def test_a_seeder_gets_leechers_only(server, aioquic):
    aioquic.ask(server.address, announce(SEEDER, left=0), announce(LEECHER, left=1))

    assert ports(ask_anew(aioquic, server, announce(THIRD, left=0))) == [LEECHER]


def test_a_peer_on_the_loopback_may_name_its_address(server, client):
    client.ask(server.address, announce(LEECHER, left=1, ip="198.51.100.7"), announce(THIRD, left=1, ip="2001:db8::7"))

    found = json.loads(ask_anew(client, server, announce(SEEDER, left=0)))["peers"]

    assert sorted(peer["ip"] for peer in found) == ["198.51.100.7", "2001:db8::7"]


def test_the_address_is_that_of_the_connection(server, aioquic):
    async def from_another_address():
        async with connect(server.address, source="127.0.0.5") as connection:
            await connection.ask(json.dumps(announce(LEECHER, left=1)).encode())
    asyncio.run(from_another_address())

    assert json.loads(ask_anew(aioquic, server, announce(SEEDER, left=0)))["peers"] == [{"ip": "127.0.0.5", "port": LEECHER}]


def test_the_own_address_counts_once_after_a_rebinding(server, client):
    """Keyed by address and announced port: a NAT that changes the outer port changes nothing."""
    answers = client.ask(server.address, announce(LEECHER, left=1), announce(LEECHER, left=1), between="rebind")

    assert [counts(answer) for answer in answers] == [(0, 1), (0, 1)]


@pytest.mark.parametrize("wrong", [{"left": -1}, {"port": 0}, {"event": 5}, {"ip": "localhost"}, {"numwant": "many"}])
def test_a_refused_announce_changes_nothing(server, aioquic, wrong):
    refused = ask_anew(aioquic, server, {**announce(LEECHER, left=0), **wrong})
    assert code_of(refused) == "INVALID_REQUEST"

    assert counts(ask_anew(aioquic, server, announce(SEEDER, event="stopped"))) == (0, 0)
