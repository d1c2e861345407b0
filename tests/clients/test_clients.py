# SPDX-License-Identifier: MIT
"""A file moves between two clients that know each other only through torq: client x door x family. What a client cannot do is in
CANNOT, and told in docs/clients.md."""
import json
import random
import subprocess
import time

import pytest

import torrent
from drivers import CLIENTS
from harness import torq
from network import NAMES

SECONDS = 20
DOORS = ("http", "https", "udp")
CANNOT = {
    ("transmission", "udp", "ipv6"): "3.00 announces itself, but finds nobody in the answer",
    ("rtorrent", "udp", "ipv6"): "0.9.8 announces itself, but finds nobody in the answer",
    ("aria2", "udp", "ipv6"): "1.36 does not announce itself there",
    ("webtorrent", "udp", "ipv6"): "1.9 asks UDP trackers over IPv4 alone",
}


def until(wanted, look, *clients):
    """Waits until look() is `wanted`."""
    end = time.monotonic() + SECONDS
    while (seen := look()) != wanted:
        ended = [client for client in clients if client.process.poll() is not None]
        assert time.monotonic() < end and not ended, "\n".join(
            [f"still {seen} instead of {wanted}", *(f"{client.program} ended" for client in ended), *(c.describe() for c in clients)])
        time.sleep(0.1)


class Swarm:
    """A file, where its swarm is announced, and what the tracker says of it over its own protocol."""

    def __init__(self, network, authority, tmp_path):
        self.network, self.authority, self.folder = network, authority, tmp_path
        self.data = random.Random(str(tmp_path)).randbytes(2_000_000)

    def join(self, role, client, door, family):
        described, self.hash = torrent.describe("moved.bin", self.data, f"{door}://{NAMES[family]}:7001/announce")
        folder = self.folder / role
        (folder / "data").mkdir(parents=True)
        (folder / "moved.torrent").write_bytes(described)
        if role == "seeder":
            (folder / "data" / "moved.bin").write_bytes(self.data)
        return CLIENTS[client](self.network.inside(role), folder, folder / "moved.torrent", self.authority.file)

    def scraped(self):
        """(complete, downloaded, incomplete)"""
        done = subprocess.run([*self.network.inside("tracker"), torq.binary(), "scrape", "--json", "--insecure", "quic://127.0.0.1:7001",
                               self.hash], capture_output=True, text=True, check=True)
        row = json.loads(done.stdout)
        return row["complete"], row["downloaded"], row["incomplete"]

    def arrived(self):
        file = self.folder / "leecher" / "data" / "moved.bin"
        return file.exists() and file.read_bytes() == self.data


def move(swarm, seeds, leeches):
    """`seeds` and `leeches` are (client, door, family)."""
    for name, *_ in (seeds, leeches):
        if not CLIENTS[name].is_here():
            pytest.skip(f"there is no {CLIENTS[name].program} here ({CLIENTS[name].comes_from()}): scripts/setup --clients")
    running = [swarm.join("seeder", *seeds)]
    try:
        until((1, 0, 0), swarm.scraped, *running)
        running.append(swarm.join("leecher", *leeches))
        until(True, swarm.arrived, *running)
        until((2, 1, 0), swarm.scraped, *running)
        running[1].leave()
        until((1, 1, 0), swarm.scraped, running[0])
        running[0].leave()
        until((0, 1, 0), swarm.scraped)
    finally:
        for client in running:
            client.end()


@pytest.fixture
def swarm(network, authority, tracker, tmp_path):
    return Swarm(network, authority, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_file_moves(swarm, client, door, family):
    if (client, door, family) in CANNOT:
        pytest.skip(f"{client} cannot: {CANNOT[client, door, family]}")

    move(swarm, (client, door, family), (client, door, family))


@pytest.mark.long
@pytest.mark.parametrize("seeds, leeches", [(("transmission", "udp", "ipv4"), ("aria2", "http", "ipv4")),
                                            (("webtorrent", "http", "ipv4"), ("aria2", "udp", "ipv4")),
                                            (("aria2", "http", "ipv4"), ("webtorrent", "udp", "ipv4"))])
def test_a_file_moves_from_one_door_and_client_to_another(swarm, seeds, leeches):
    move(swarm, seeds, leeches)


def test_a_file_moves_between_two_of_one_kind(swarm):
    move(swarm, ("aria2", "http", "ipv4"), ("aria2", "http", "ipv4"))
