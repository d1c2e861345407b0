# SPDX-License-Identifier: MIT
"""HTTP/3 by aioquic's client, on one connection; and its bare streams, for what no library would send."""
import asyncio
import threading

from aioquic.h3 import connection as h3
from aioquic.h3 import events
from harness import peers
from harness.web import Response

Connection, StreamReset = peers.aioquic_client.Connection, peers.aioquic_client.StreamReset


class _H3(h3.H3Connection):
    """aioquic's, which takes a HEAD's answer for one that lacks its body."""

    heads = frozenset()

    def _check_content_length(self, stream):
        if stream.stream_id not in self.heads:
            super()._check_content_length(stream)


class _Http3(Connection):
    """Streams that were opened for HTTP/3 go to aioquic's H3; the rest stay as they are."""

    http = None
    heard = b""  # on the server's control stream

    def begin(self):
        self.http, self._requests = _H3(self._quic), {}
        self.transmit()

    async def get(self, target, method="GET", timeout=20, **fields):
        target = target if isinstance(target, bytes) else target.encode()
        stream = self.open()
        request = self._requests[stream.id] = {"head": None, "body": b"", "stream": stream}
        if method == "HEAD":
            self.http.heads |= {stream.id}
        named = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in fields.items()]
        self.http.send_headers(stream.id, [(b":method", method.encode()), (b":scheme", b"https"), (b":authority", b"localhost"),
                                           (b":path", target), *named], end_stream=True)
        self.transmit()
        await stream.answer(timeout)
        head = {name.decode(): value.decode("latin-1") for name, value in request["head"]}
        return Response(int(head.pop(":status")), head, request["body"])

    def quic_event_received(self, event):
        stream = getattr(event, "stream_id", None)
        known = stream is None or stream in self._streams
        if stream == 3 and hasattr(event, "data"):
            self.heard += event.data
        if self.http and (not known or stream in self._requests):
            for one in self.http.handle_event(event):
                request = self._requests[one.stream_id]
                if isinstance(one, events.HeadersReceived):
                    request["head"] = one.headers
                elif isinstance(one, events.DataReceived):
                    request["body"] += one.data
        if known:
            super().quic_event_received(event)


def connect(address, **options):
    return peers.aioquic_client.connect(address, protocol=_Http3, **options)


class Door:
    """One connection for a test that does not wait for two things at once."""

    def __init__(self, address, source=None):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._context = connect(address, source=source)
        self._connection = self._run(self._context.__aenter__())
        self._loop.call_soon_threadsafe(self._connection.begin)

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def ask(self, target, method="GET", **fields):
        return self._run(self._connection.get(target, method, **fields))

    def ask_json(self, request):
        """By the other protocol of these connections."""
        return self._run(self._connection.ask_json(request))

    def close(self):
        self._run(self._context.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
