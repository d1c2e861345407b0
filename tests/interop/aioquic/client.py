# SPDX-License-Identifier: MIT
"""A client on aioquic for the tests: one connection that can be made to behave well or badly.

It speaks the protocol of the document: one request per bidirectional stream, complete at its end, one answer. Everything else here
is for provoking a server: pieces of one byte, requests that never end, resets, readers that stop, key updates, another address.

    async with connect(("127.0.0.1", 7001)) as connection:
        answer = await connection.ask({"file": "hello_world.txt"})
"""
import asyncio
import contextlib
import dataclasses
import hashlib
import json
import socket
import ssl
import time

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.quic import events
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.packet import QuicProtocolVersion
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NO_APPLICATION_PROTOCOL = 0x178


@dataclasses.dataclass(frozen=True)
class Closed:
    """How a connection ended. `by` is "peer" (its CONNECTION_CLOSE arrived), "us" or "nobody" (it timed out)."""

    by: str
    code: int
    application: bool
    reason: str
    seconds: float


class ConnectionClosed(Exception):
    def __init__(self, closed):
        super().__init__(str(closed))
        self.closed = closed


class StreamReset(Exception):
    def __init__(self, code):
        super().__init__(f"the peer reset the stream with code {code}")
        self.code = code


class _Quic(QuicConnection):
    """aioquic's connection, which does not say by itself who closed it, nor lets a reader stop reading."""

    def __init__(self, configuration, **handlers):
        super().__init__(configuration=configuration, **handlers)
        self.deaf_streams = set()
        self.closed_by_peer = False
        self.on_peer_close = lambda: None

    def _handle_connection_close_frame(self, context, frame_type, buf):
        ours = self._close_event is not None
        super()._handle_connection_close_frame(context, frame_type, buf)
        if not ours:
            self.closed_by_peer = True
            self.on_peer_close()

    def _write_stream_limits(self, builder, space, stream):
        # The window of a deaf stream stays where it was when the reader stopped.
        if stream.stream_id not in self.deaf_streams:
            super()._write_stream_limits(builder=builder, space=space, stream=stream)


class Stream:
    def __init__(self, connection, stream_id):
        self._connection = connection
        self.id = stream_id
        self.received = bytearray()
        self.stopped_with = None
        self._ended = asyncio.get_running_loop().create_future()

    def send(self, data, end=False):
        self._connection._quic.send_stream_data(self.id, data, end_stream=end)
        self._connection.transmit()

    def reset(self, code=0):
        self._connection._quic.reset_stream(self.id, code)
        self._connection.transmit()

    def stop(self, code=0):
        """STOP_SENDING."""
        self._connection._quic.stop_stream(self.id, code)
        self._connection.transmit()

    def stop_reading(self):
        """Gives the peer no further credit on this stream."""
        self._connection._quic.deaf_streams.add(self.id)

    def read_on(self):
        self._connection._quic.deaf_streams.discard(self.id)
        self._connection._quic._streams[self.id].max_stream_data_local *= 2
        self._connection.transmit()

    async def answer(self, timeout=60):
        """Everything up to the end of the peer's half."""
        await asyncio.wait_for(asyncio.shield(self._ended), timeout)
        return bytes(self.received)

    def _feed(self, data, end):
        self.received += data
        if end:
            self._finish(None)

    def _finish(self, error):
        if self._ended.done():
            return
        if error is None:
            self._ended.set_result(None)
        else:
            self._ended.set_exception(error)
            self._ended.exception()  # nobody has to wait for it


class Connection(QuicConnectionProtocol):
    def __init__(self, quic):
        super().__init__(quic)
        self._started = time.monotonic()
        self._streams = {}
        # aioquic's wait_connected() misses a handshake that is done before somebody waits for it.
        self._up = self._loop.create_future()
        self._over = self._loop.create_future()
        self.alpn = None
        quic.on_peer_close = self._note_end

    @property
    def closed(self):
        """How it ended, None while it has not. Known at once: aioquic's own event comes only after draining."""
        return self._over.result() if self._over.done() else None

    async def wait_for_close(self, timeout=30):
        return await asyncio.wait_for(asyncio.shield(self._over), timeout)

    @property
    def pin(self):
        key = self._quic.tls._peer_certificate.public_key()
        return "sha256:" + hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()

    @property
    def packets_sent(self):
        return self._quic._packet_number

    def open(self):
        stream = Stream(self, self._quic.get_next_available_stream_id())
        self._streams[stream.id] = stream
        # Makes aioquic give out the number now.
        self._quic.send_stream_data(stream.id, b"")
        return stream

    def send_unidirectional(self, data, end=False):
        self._quic.send_stream_data(self._quic.get_next_available_stream_id(is_unidirectional=True), data, end_stream=end)
        self.transmit()

    async def open_in_credit(self, timeout=20):
        """A stream that the server allows by now; aioquic would also open others, and reset them beyond the limit."""
        deadline = self._loop.time() + timeout
        number = self._quic.get_next_available_stream_id() // 4
        while number >= self._quic._remote_max_streams_bidi:
            if self._loop.time() > deadline:
                raise TimeoutError(f"no credit for stream {number} in {timeout} s")
            await asyncio.sleep(0.002)
        return self.open()

    async def ask(self, request, piece=None, timeout=60):
        """The answer's bytes. `request` is bytes or something for json; `piece` sends it so many bytes at a time, a packet each."""
        stream = self.open()
        data = request if isinstance(request, bytes) else json.dumps(request).encode()
        if piece is None:
            stream.send(data, end=True)
        else:
            for at in range(0, len(data), piece):
                stream.send(data[at:at + piece])
                await asyncio.sleep(0)
            stream.send(b"", end=True)
        return await stream.answer(timeout)

    async def ask_json(self, request, **options):
        return json.loads(await self.ask(request, **options))

    async def rebind(self, address=None):
        """Goes on from another port, and from another address if one is given, without telling the server: what a NAT does."""
        old = self._transport
        local = old.get_extra_info("sockname")
        await self.bind(address or local[0], old.get_extra_info("socket").family)
        old.close()
        return local[:2], self._transport.get_extra_info("sockname")[:2]

    async def bind(self, address, family):
        bound = socket.socket(family, socket.SOCK_DGRAM)
        # The windows of a connection are larger than the kernel's usual buffer.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        bound.bind((address, 0))
        await self._loop.create_datagram_endpoint(lambda: self, sock=bound)

    def quic_event_received(self, event):
        if isinstance(event, events.HandshakeCompleted):
            self.alpn = event.alpn_protocol
            self._up.set_result(None)
        elif isinstance(event, events.StreamDataReceived):
            self._streams[event.stream_id]._feed(event.data, event.end_stream)
        elif isinstance(event, events.StreamReset):
            self._streams[event.stream_id]._finish(StreamReset(event.error_code))
        elif isinstance(event, events.StopSendingReceived):
            self._streams[event.stream_id].stopped_with = event.error_code
        elif isinstance(event, events.ConnectionTerminated):
            self._note_end()

    def _note_end(self):
        if self._over.done():
            return
        event = self._quic._close_event
        if self._quic.closed_by_peer:
            by = "peer"
        else:
            by = "nobody" if event.reason_phrase == "Idle timeout" else "us"
        closed = Closed(by, event.error_code, event.frame_type is None, event.reason_phrase, time.monotonic() - self._started)
        self._over.set_result(closed)
        for stream in self._streams.values():
            stream._finish(ConnectionClosed(closed))

    async def handshake(self, timeout):
        done, _ = await asyncio.wait({self._up, self._over}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            raise TimeoutError(f"no handshake, and no refusal, in {timeout} s")
        if self._over.done():
            raise ConnectionClosed(self._over.result())


def configuration(alpn=("h3",), idle_timeout=60.0, stream_window=1 << 20, window=16 << 20, versions=(QuicProtocolVersion.VERSION_1,),
                  ticket=None, token=b""):
    # Tokens are text in aioquic; bytes would match nothing.
    return QuicConfiguration(is_client=True, alpn_protocols=list(alpn) or None, idle_timeout=idle_timeout, max_stream_data=stream_window,
                             max_data=window, supported_versions=list(versions), verify_mode=ssl.CERT_NONE,
                             session_ticket=ticket, token=token)


@contextlib.asynccontextmanager
async def connect(address, source=None, handshake_timeout=20, on_ticket=None, on_token=None, protocol=Connection, **options):
    """A connection after its handshake; raises ConnectionClosed when there was none. `options` are those of configuration()."""
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    settings = configuration(**options)
    # An address as name: no SNI, like the document's client.
    settings.server_name = host
    connection = protocol(_Quic(settings, session_ticket_handler=on_ticket, token_handler=on_token))
    await connection.bind(source or ("::" if family == socket.AF_INET6 else "0.0.0.0"), family)
    try:
        connection.connect((host, port) if family == socket.AF_INET else (host, port, 0, 0))
        await connection.handshake(handshake_timeout)
        yield connection
    finally:
        connection.close()
        connection._transport.close()
        # The socket is gone: a timer that fires later would write to it.
        if connection._timer is not None:
            connection._timer.cancel()
