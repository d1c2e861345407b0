# SPDX-License-Identifier: MIT
"""The yardsticks against each other: a foreign peer that is wrong itself would prove nothing about torq."""
import json

import pytest

from harness import peers, seed
from harness.nat import Nat

HASH = "c0" * 20


def announce(port, **members):
    return {"info_hash": HASH, "peer_id": "-XX0001-123456789012", "port": port, **members}


def test_every_pair_exchanges_an_announce(foreign_server, client):
    leecher, seeder = client.ask(foreign_server.address, announce(1001, left=5, event="started"), announce(1002, left=0))

    assert json.loads(leecher) == {"interval": 60, "peers": [], "complete": 0, "incomplete": 1}
    assert json.loads(seeder) == {"interval": 60, "peers": [{"ip": "127.0.0.1", "port": 1001}], "complete": 1, "incomplete": 1}


@pytest.mark.parametrize("name", ["hello_world.txt", "medium.bin"])
def test_every_pair_exchanges_a_file(foreign_server, client, root, name):
    [answer] = client.ask(foreign_server.address, {"file": name})

    answer = json.loads(answer)
    assert bytes(answer["data"]) == (root / name).read_bytes()
    assert (answer["filename"], answer["size"]) == (name, seed.SIZES[name])


@pytest.mark.parametrize("request_bytes, code", [
    (b'{"file": "\xff"}', "INVALID_ENCODING"),
    (b"{", "INVALID_JSON"),
    (b"", "INVALID_JSON"),
    (b'{"query": 1}', "UNKNOWN_REQUEST"),
    (b"[1]", "UNKNOWN_REQUEST"),
    (b'{"file": "absent"}', "FILE_NOT_FOUND"),
])
def test_every_pair_agrees_on_errors(foreign_server, client, request_bytes, code):
    [answer] = client.ask(foreign_server.address, request_bytes)

    assert json.loads(answer)["code"] == code


def test_every_pair_runs_100_streams_at_once(foreign_server, client):
    requests = [announce(2000 + number, left=1) for number in range(100)]

    answers = client.ask_at_once(foreign_server.address, requests)

    assert sorted(json.loads(answer)["incomplete"] for answer in answers) == list(range(1, 101))


def test_every_pair_takes_single_bytes(foreign_server, client):
    [answer] = client.ask(foreign_server.address, announce(3001, left=1), piece=1)

    assert json.loads(answer)["incomplete"] == 1


def test_every_pair_agrees_on_the_token(foreign_server, client):
    assert client.chosen_alpn(foreign_server.address, ["h3"]) == "h3"
    assert client.chosen_alpn(foreign_server.address, ["h3", "h2", "http/1.1", "doq"]) == "h3"


def test_every_pair_refuses_another_token(foreign_server, client):
    refused = client.refusal(foreign_server.address, ["smtp"])

    assert (refused.by, refused.code) == ("peer", peers.NO_APPLICATION_PROTOCOL)


def test_every_client_sees_the_pin(foreign_server, client):
    assert client.pin(foreign_server.address) == foreign_server.pin


@pytest.mark.parametrize("event", ["key-update", "rebind", "rebind:127.0.0.9"])
def test_every_pair_survives(foreign_server, client, event):
    answers = client.ask(foreign_server.address, *[announce(4000 + number, left=1) for number in range(3)], between=event)

    assert [json.loads(answer)["incomplete"] for answer in answers] == [1, 2, 3]


@pytest.mark.parametrize("outer", ["127.0.0.1", "127.0.0.7"])
def test_every_pair_survives_a_nat_that_forgets(foreign_server, client, root, outer):
    with Nat(foreign_server.address) as nat:
        small, medium = client.ask(nat.address, {"file": "small.txt"}, {"file": "medium.bin"}, between=lambda: nat.rebind(outer))

    assert bytes(json.loads(small)["data"]) == (root / "small.txt").read_bytes()
    assert bytes(json.loads(medium)["data"]) == (root / "medium.bin").read_bytes()
