# SPDX-License-Identifier: MIT
"""A tracker and file server on aioquic after the document: announce and file as JSON over streams, and its errors. No extensions.

It keeps what the old server was known for: every peer is returned, `ip` is believed from anyone and is 127.0.0.1 where it is missing,
`left` counts as 0 where it is missing, slashes and `..` are flattened out of file names.

usage: server.py [--listen ADDR] [--port N] [--root DIR] [--interval SECONDS] [--cert FILE --key FILE] [--alpn LIST] [--retry]
                 [--handshakes]

The first line on standard output says that it is ready, with its address, port and pin. SIGTERM ends it.
"""
import argparse
import asyncio
import datetime
import hashlib
import ipaddress
import json
import pathlib
import signal
import sys

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import HandshakeCompleted, StreamDataReceived, StreamReset
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID


class Refusal(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Tracker:
    def __init__(self, interval):
        self.interval = interval
        self._swarms = {}  # info hash -> (ip, port) -> left

    def announce(self, request):
        try:
            asker = (str(request.get("ip") or "127.0.0.1"), int(request["port"]))
            left = int(request.get("left") or 0)
        except (KeyError, TypeError, ValueError) as error:
            raise Refusal("INTERNAL_ERROR", f"announce: {error!r}") from error
        swarm = self._swarms.setdefault(request["info_hash"], {})
        if request.get("event") == "stopped":
            swarm.pop(asker, None)
        else:
            swarm[asker] = left
        peers = [{"ip": ip, "port": port} for ip, port in swarm if (ip, port) != asker]
        complete = sum(1 for left in swarm.values() if left == 0)
        return {"interval": self.interval, "peers": peers, "complete": complete, "incomplete": len(swarm) - complete}


class Files:
    def __init__(self, root):
        self._root = root

    def read(self, request):
        name = str(request["file"])
        path = self._root / name.replace("..", "").replace("/", "").replace("\\", "")
        if not path.is_file():
            raise Refusal("FILE_NOT_FOUND", "file not found")
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Refusal("FILE_READ_ERROR", "file cannot be read") from error
        return {"data": list(data), "filename": name, "size": len(data)}


class Service:
    def __init__(self, tracker, files):
        self._tracker = tracker
        self._files = files

    def answer(self, data):
        """The bytes of the answer to the bytes of a request."""
        try:
            return json.dumps(self._route(data)).encode()
        except Refusal as refusal:
            return json.dumps({"error": str(refusal), "code": refusal.code}).encode()

    def _route(self, data):
        try:
            request = json.loads(data.decode())
        except UnicodeDecodeError as error:
            raise Refusal("INVALID_ENCODING", "not UTF-8") from error
        except (ValueError, RecursionError) as error:
            raise Refusal("INVALID_JSON", str(error)) from error
        if isinstance(request, dict) and "info_hash" in request and "peer_id" in request:
            return self._tracker.announce(request)
        if isinstance(request, dict) and "file" in request:
            return self._files.read(request)
        raise Refusal("UNKNOWN_REQUEST", "unknown request type")


class Connection(QuicConnectionProtocol):
    def __init__(self, quic, service, says_handshakes=False):
        super().__init__(quic)
        self._service = service
        self._says_handshakes = says_handshakes
        self._requests = {}

    def quic_event_received(self, event):
        if isinstance(event, HandshakeCompleted) and self._says_handshakes:
            print(json.dumps({"event": "handshake", "resumed": event.session_resumed}), flush=True)
        if isinstance(event, StreamDataReceived) and event.stream_id % 4 == 0:
            request = self._requests.setdefault(event.stream_id, bytearray())
            request += event.data
            if event.end_stream:
                answer = self._service.answer(bytes(self._requests.pop(event.stream_id)))
                self._quic.send_stream_data(event.stream_id, answer, end_stream=True)
        elif isinstance(event, StreamReset):
            self._requests.pop(event.stream_id, None)
            # aioquic leaves our half open; without this the client's stream credit runs dry.
            self._quic.reset_stream(event.stream_id, 0)


def self_signed():
    """ECDSA P-256, for the names and addresses of the loopback."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def configuration(options):
    # As text, because aioquic compares text.
    settings = QuicConfiguration(is_client=False, alpn_protocols=options.alpn.split(","), idle_timeout=30)
    if options.cert:
        settings.load_cert_chain(options.cert, options.key)
    else:
        settings.certificate, settings.private_key = self_signed()
    return settings


def pin_of(certificate):
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "sha256:" + hashlib.sha256(spki).hexdigest()


async def serve_until_told(options, create_protocol):
    settings = configuration(options)
    tickets = {}
    server = await serve(options.listen, options.port, configuration=settings, create_protocol=create_protocol, retry=options.retry,
                         session_ticket_handler=lambda ticket: tickets.__setitem__(ticket.ticket, ticket),
                         session_ticket_fetcher=lambda label: tickets.pop(label, None))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    address, port = server._transport.get_extra_info("sockname")[:2]
    print(json.dumps({"event": "ready", "address": address, "port": port, "alpn": settings.alpn_protocols,
                      "pin": pin_of(settings.certificate)}), flush=True)
    await stop.wait()
    server.close()


def transport_arguments(parser):
    parser.add_argument("--listen", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7001)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    # The four tokens of the document's server, in its order.
    parser.add_argument("--alpn", default="h3,h2,http/1.1,doq")
    # Every client must show that its address is its own, RFC 9000 8.1.2.
    parser.add_argument("--retry", action="store_true")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    transport_arguments(parser)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path("seed"))
    parser.add_argument("--interval", type=int, default=60)
    # A line for each: whether it was resumed.
    parser.add_argument("--handshakes", action="store_true")
    options = parser.parse_args()
    if not options.root.is_dir():
        sys.exit(f"server.py: {options.root}: no such folder")
    service = Service(Tracker(options.interval), Files(options.root))
    asyncio.run(serve_until_told(options, lambda quic, **_: Connection(quic, service, options.handshakes)))


if __name__ == "__main__":
    main()
