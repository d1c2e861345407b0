# SPDX-License-Identifier: MIT
"""The doors of one torq behind one face: a swarm announced and scraped over whichever, its answers with the names that they have in
HTTP."""
import itertools
import json
import socket
import struct

from harness import h3, udp, web

PEER_ID = "-TQ0001-abcdefghijkl"
_fresh = itertools.count()


class Http1:
    """HTTP/1.1, on one connection."""

    def __init__(self, address, source=None, tls=None):
        self.connection = web.Connection(address, tls, source)

    def ask(self, target, method="GET", **fields):
        self.connection.send(web.request(target, method, **fields))
        return self.connection.hear(has_body=method != "HEAD")

    def close(self):
        self.connection.socket.close()


def https(address, source=None):
    return Http1(address, source, web.anyone())


WEB = {"http": Http1, "https": https, "h3": h3.Door}
ALL = (*WEB, "udp", "quic")


def fresh_name():
    return f"swarm{next(_fresh):015}"


class WebSwarm:
    """A new info hash, and its peers by their ports."""

    def __init__(self, door, name=None):
        self.door = door
        self.hash = name or fresh_name()

    def query(self, port, **parameters):
        parameters = {"info_hash": self.hash, "peer_id": PEER_ID, "port": port, **parameters}
        return "&".join(f"{name}={value}" for name, value in parameters.items() if value is not None)

    def announce(self, port=6881, **parameters):
        return self.door.ask("/announce?" + self.query(port, **parameters)).tracked

    def scraped(self):
        files = self.door.ask(f"/scrape?info_hash={self.hash}").tracked[b"files"]
        return tuple(files[self.hash.encode()][key] for key in (b"complete", b"downloaded", b"incomplete"))

    def close(self):
        self.door.close()


class UdpSwarm:
    def __init__(self, address, source=None, name=None):
        self.door = udp.Tracker(address, source)
        self.hash = name or fresh_name()

    def announce(self, port=6881, left=0, event="", numwant=-1, peer_id=PEER_ID, ip="0.0.0.0"):
        event = udp.EVENTS.get(event or "", 99)
        ip = struct.unpack("!I", socket.inet_aton(ip))[0]
        interval, incomplete, complete, peers = self.door.announce(self.hash.encode(), port, left % 2**64, event, numwant,
                                                                   peer_id=peer_id.encode(), ip=ip)
        return {b"interval": interval, b"complete": complete, b"incomplete": incomplete, **packed(peers)}

    def scraped(self):
        return self.door.scrape(self.hash.encode())[0]

    def close(self):
        self.door.close()


class QuicSwarm:
    """The JSON protocol."""

    def __init__(self, address, source=None, name=None):
        self.door = h3.Door(address, source)
        self.hash = name or fresh_name()

    def announce(self, port=6881, **members):
        request = {"info_hash": self.hash.encode().hex(), "peer_id": PEER_ID, "port": port, **members}
        answer = self.door.ask_json({name: value for name, value in request.items() if value is not None})
        assert "error" not in answer, answer
        peers = [(peer["ip"], peer["port"]) for peer in answer["peers"]]
        return {**{name.encode(): value for name, value in answer.items()}, **packed(peers)}

    def scraped(self):
        [row] = self.door.ask_json({"scrape": [self.hash.encode().hex()]})["files"].values()
        return row["complete"], row["downloaded"], row["incomplete"]

    def close(self):
        self.door.close()


def packed(peers):
    """As BEP 23 and BEP 7 have them."""
    families = {b"peers": socket.AF_INET, b"peers6": socket.AF_INET6}
    ports = [(ip, struct.pack("!H", port)) for ip, port in peers]
    members = {name: b"".join(socket.inet_pton(family, ip) + port for ip, port in ports if (":" in ip) == (name == b"peers6"))
               for name, family in families.items()}
    return {name: data for name, data in members.items() if data or name == b"peers"}


def swarm(door, address, source=None, name=None):
    """A swarm of that name, or a new one, over a connection of its own."""
    if door in WEB:
        return WebSwarm(WEB[door](address, source), name)
    return {"udp": UdpSwarm, "quic": QuicSwarm}[door](address, source, name)
