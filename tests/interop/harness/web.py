# SPDX-License-Identifier: MIT
"""HTTP/1.1 as bytes on a socket, so that a test can send what no library would."""
import socket
import ssl

from harness import bencode


class Response:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    @property
    def tracked(self):
        """What a tracker said; its errors, too, come with status 200."""
        assert self.status == 200, self
        return bencode.decode(self.body)

    def __repr__(self):
        return f"{self.status} {self.fields} {self.body[:300]}"


class Connection:
    """One TCP connection, with TLS if there is a context for it."""

    def __init__(self, address, tls=None, source=None, seconds=20):
        self.socket = socket.create_connection(address, timeout=seconds, source_address=source and (source, 0))
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self._received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def ask(self, target, **fields):
        self.send(request(target, **fields))
        return self.hear()

    def hear(self, has_body=True):
        """The next response."""
        while b"\r\n\r\n" not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(fields.get("content-length", 0)) if has_body else 0
        while len(self._received) < length:
            self._receive()
        body, self._received = self._received[:length], self._received[length:]
        return Response(int(status.split(" ")[1]), fields, body)

    def ended(self):
        """Whether the server has closed it, with nothing more to say."""
        try:
            return self._received == b"" and self.socket.recv(1) == b""
        except (ConnectionResetError, ssl.SSLError):
            return True

    def _receive(self):
        data = self.socket.recv(256 * 1024)
        assert data, f"ended after {self._received[:300]}"
        self._received += data


def request(target, method="GET", version="1.1", **fields):
    fields = {"Host": "localhost", **{name.replace("_", "-"): value for name, value in fields.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    target = target if isinstance(target, bytes) else target.encode()
    return f"{method} ".encode() + target + f" HTTP/{version}\r\n{lines}\r\n".encode()


def anyone():
    """TLS that believes whoever answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
