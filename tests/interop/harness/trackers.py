# SPDX-License-Identifier: MIT
"""Trackers whose every answer a test writes: what no sound one would say can be said here."""
import socket
import ssl
import struct
import threading

from harness import udp


class Http:
    """Answers each request with the bytes that `script(target)` gives, and closes; `tls`: the paths of a certificate and its key."""

    def __init__(self, script, tls=None):
        self.script = script
        self.requests = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self):
        return f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}"

    def close(self):
        self.socket.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                try:
                    self._answer(connection)
                except OSError:
                    pass

    def _answer(self, connection):
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True)
        request = b""
        while b"\r\n\r\n" not in request:
            received = connection.recv(65536)
            if not received:
                return
            request += received
        self.requests.append(request.decode("latin-1"))
        connection.sendall(self.script(self.requests[-1].split()[1]))


def http(body, status="200 OK", fields=""):
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{fields}\r\n"
    return head.encode() + body


class Udp:
    """Answers each packet with those that `script(action, transaction, packet)` gives; connects are answered unless it does so itself."""

    def __init__(self, script):
        self.script = script
        self.packets = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.url = f"udp://127.0.0.1:{self.socket.getsockname()[1]}/announce"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self.socket.close()

    def _serve(self):
        while True:
            try:
                packet, client = self.socket.recvfrom(65536)
            except OSError:
                return
            self.packets.append(packet)
            _, action, transaction = struct.unpack("!QII", packet[:16])
            answers = self.script(action, transaction, packet)
            if answers is None:
                answers = [struct.pack("!IIQ", udp.CONNECT, transaction, 7)]
            for answer in answers:
                self.socket.sendto(answer, client)
