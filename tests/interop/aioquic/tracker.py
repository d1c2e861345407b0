# SPDX-License-Identifier: MIT
"""A BitTorrent tracker over HTTP/3 on aioquic: /announce and /scrape in bencoding (BEP 3, 7, 23, 48), and nothing else. It uses what
HTTP/3 leaves to a server: QPACK's dynamic table, a body in several DATA frames, a frame of an unknown type.

usage: tracker.py [the options of server.py that concern the connection]
"""
import argparse
import asyncio
import ipaddress
import pathlib
import sys
import urllib.parse

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection, encode_frame
from aioquic.h3.events import HeadersReceived
from aioquic.quic.events import ProtocolNegotiated
from server import serve_until_told, transport_arguments

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from harness import bencode  # noqa: E402

GREASE = 0x21  # RFC 9114 7.2.8


class Refusal(Exception):
    pass


class Swarms:
    def __init__(self):
        self._swarms = {}  # info hash -> (ip, port) -> left
        self._completed = {}

    def announce(self, query, source):
        [hash] = query.get("info_hash") or [b""]
        if len(hash) != 20:
            raise Refusal("the info hash has 20 bytes")
        asker = (source, int(query["port"][0]))
        swarm = self._swarms.setdefault(hash, {})
        event = query.get("event", [b""])[0]
        if event == b"stopped":
            swarm.pop(asker, None)
        else:
            swarm[asker] = int(query.get("left", [b"1"])[0])
        if event == b"completed":
            self._completed[hash] = self._completed.get(hash, 0) + 1
        others = [(ipaddress.ip_address(ip).packed, port.to_bytes(2, "big")) for ip, port in swarm if (ip, port) != asker]
        peers = {name: b"".join(ip + port for ip, port in others if len(ip) == size) for name, size in (("peers", 4), ("peers6", 16))}
        return {**self._counts(swarm), "interval": 1800, "external ip": ipaddress.ip_address(source).packed, **peers}

    def scrape(self, query):
        return {"files": {hash: {**self._counts(self._swarms.get(hash, {})), "downloaded": self._completed.get(hash, 0)}
                          for hash in query.get("info_hash", [])}}

    @staticmethod
    def _counts(swarm):
        complete = sum(left == 0 for left in swarm.values())
        return {"complete": complete, "incomplete": len(swarm) - complete}


class Connection(QuicConnectionProtocol):
    def __init__(self, quic, swarms):
        super().__init__(quic)
        self._swarms = swarms
        self._http = None

    def quic_event_received(self, event):
        if isinstance(event, ProtocolNegotiated):
            self._http = H3Connection(self._quic)
        if not self._http:
            return
        for one in self._http.handle_event(event):
            if isinstance(one, HeadersReceived):
                self._answer(one.stream_id, dict(one.headers)[b":path"])

    def _answer(self, stream, target):
        path, _, text = target.partition(b"?")
        query = {}
        for name, _, value in (parameter.partition(b"=") for parameter in text.split(b"&")):
            query.setdefault(name.decode(), []).append(urllib.parse.unquote_to_bytes(value))
        try:
            body = bencode.encode(self._said(path, query))
        except Refusal as refusal:
            body = bencode.encode({"failure reason": str(refusal)})
        self._http.send_headers(stream, [(b":status", b"200"), (b"content-type", b"text/plain"), (b"server", b"aioquic")])
        self._quic.send_stream_data(stream, encode_frame(GREASE, b"x"))
        self._http.send_data(stream, body[:7], end_stream=False)
        self._http.send_data(stream, body[7:], end_stream=True)

    def _said(self, path, query):
        source = self._quic._network_paths[0].addr[0].removeprefix("::ffff:")
        if path == b"/announce":
            return self._swarms.announce(query, source)
        if path == b"/scrape":
            return self._swarms.scrape(query)
        raise Refusal("there is nothing at this path")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    transport_arguments(parser)
    parser.set_defaults(alpn=",".join(H3_ALPN))
    swarms = Swarms()
    asyncio.run(serve_until_told(parser.parse_args(), lambda quic, **_: Connection(quic, swarms)))


if __name__ == "__main__":
    main()
