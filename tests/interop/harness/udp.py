# SPDX-License-Identifier: MIT
"""BEP 15 as bytes on a socket, so that a test can send what no client would."""
import itertools
import socket
import struct

MAGIC = 0x41727101980
CONNECT, ANNOUNCE, SCRAPE, ERROR = range(4)
EVENTS = {"": 0, "completed": 1, "started": 2, "stopped": 3, "paused": 4}
PEER_ID = b"-TQ0001-abcdefghijkl"
_transactions = itertools.count(0x1000)


class Tracker:
    """One client of a UDP tracker; `source` is its own address, else whatever the kernel picks."""

    def __init__(self, address, source=None, seconds=20):
        self.six = ":" in address[0]
        self.socket = socket.socket(socket.AF_INET6 if self.six else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(seconds)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(address)
        self.id = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, packet):
        self.socket.send(packet)

    def hear(self):
        return self.socket.recv(65536)

    def ask(self, action, body=b"", connection=None):
        """What follows the header of the answer, which must be of this action or an error: that is raised as its text."""
        transaction = next(_transactions)
        connection = self.id if connection is None else connection
        self.send(struct.pack("!QII", connection, action, transaction) + body)
        answer = self.hear()
        kind, echoed = struct.unpack("!II", answer[:8])
        assert echoed == transaction, answer
        if kind == ERROR:
            raise Refused(answer[8:].decode())
        assert kind == action, answer
        return answer[8:]

    def connect(self):
        answer = self.ask(CONNECT, connection=MAGIC)
        assert len(answer) == 8, "Transmission wants 16 bytes, no more and no less"
        self.id = struct.unpack("!Q", answer)[0]
        return self.id

    def announce(self, info_hash, port=6881, left=1, event=0, numwant=-1, options=b"", peer_id=PEER_ID, ip=0):
        """(interval, incomplete, complete, [(address, port)])"""
        if self.id is None:
            self.connect()
        body = info_hash + peer_id + struct.pack("!QQQIIIiH", 0, left, 0, event, ip, 0x2A3B4C5D, numwant, port)
        answer = self.ask(ANNOUNCE, body + options)
        size = 16 if self.six else 4
        assert (len(answer) - 12) % (size + 2) == 0
        family = socket.AF_INET6 if self.six else socket.AF_INET
        peers = [(socket.inet_ntop(family, ip), port) for ip, port in struct.iter_unpack(f"!{size}sH", answer[12:])]
        return (*struct.unpack("!III", answer[:12]), peers)

    def scrape(self, *hashes):
        """(complete, downloaded, incomplete) for each."""
        if self.id is None:
            self.connect()
        return list(struct.iter_unpack("!III", self.ask(SCRAPE, b"".join(hashes))))

    def is_silent(self, *packets):
        """Whether none of these is answered: the answer to a connect behind them comes first. One server process may have several
        sockets, but the packets of one client all reach the same."""
        for packet in packets:
            self.send(packet)
        transaction = next(_transactions)
        self.send(struct.pack("!QII", MAGIC, CONNECT, transaction))
        return struct.unpack("!II", self.hear()[:8]) == (CONNECT, transaction)


class Refused(Exception):
    pass
