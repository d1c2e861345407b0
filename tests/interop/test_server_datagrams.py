# SPDX-License-Identifier: MIT
"""Bare datagrams: Version Negotiation, and what must get nothing."""
import json
import os
import socket

import pytest

from harness.requests import file


def long_header(version, destination, source, size, body=None):
    """A datagram of `size` bytes that begins as RFC 8999 5.1 says, with anything behind it."""
    head = bytes([0x80 | os.urandom(1)[0] & 0x7F]) + version.to_bytes(4, "big")
    head += bytes([len(destination)]) + destination + bytes([len(source)]) + source
    return head + (os.urandom(size - len(head)) if body is None else body.ljust(size - len(head), b"\0"))


class Versions:
    """A Version Negotiation packet, RFC 8999 6."""

    def __init__(self, data):
        assert data[0] & 0x80 and data[1:5] == b"\0\0\0\0", data.hex()
        at = 6 + data[5]
        self.destination, length = data[6:at], data[at]
        self.source = data[at + 1:at + 1 + length]
        rest = data[at + 1 + length:]
        assert rest and len(rest) % 4 == 0
        self.versions = {int.from_bytes(rest[four:four + 4], "big") for four in range(0, len(rest), 4)}


@pytest.fixture
def wire(shared_server):
    """A bare UDP socket towards the server."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bare:
        bare.settimeout(5)
        bare.connect(shared_server.address)
        yield bare


@pytest.mark.parametrize("version", [0x1A2A3A4A, 0x6B3343CF, 0xFF00001D, 0x00000002, 0xFFFFFFFF])
@pytest.mark.parametrize("lengths", [(8, 8), (0, 0), (20, 20), (8, 0), (255, 255)])
def test_an_unknown_version_is_negotiated(wire, version, lengths):
    """Version 2 of QUIC (0x6b3343cf) is one of the unknown: the protocol is on version 1 alone."""
    destination, source = os.urandom(lengths[0]), os.urandom(lengths[1])

    wire.send(long_header(version, destination, source, 1200))

    answer = Versions(wire.recv(2048))
    assert (answer.destination, answer.source) == (source, destination)
    assert 1 in answer.versions and version not in answer.versions


def test_a_short_datagram_of_an_unknown_version_gets_nothing(wire):
    """The answer to the second shows that there was none to the first."""
    wire.send(long_header(0x1A2A3A4A, b"short---", b"short---", 1199))
    wire.send(long_header(0x1A2A3A4A, b"long----", b"long----", 1200))

    assert Versions(wire.recv(2048)).destination == b"long----"
    wire.settimeout(0.3)
    with pytest.raises(TimeoutError):
        wire.recv(2048)


def test_version_negotiation_is_not_answered(wire):
    wire.send(long_header(0, b"vn------", b"vn------", 1200))
    wire.send(long_header(0x1A2A3A4A, b"long----", b"long----", 1200))

    assert Versions(wire.recv(2048)).destination == b"long----"


def test_rubbish_gets_nothing_and_does_nothing(wire, shared_server, aioquic):
    for size in [*range(0, 40), 1199, 1200, 1201, 1472, 9000, 65507]:
        wire.send(os.urandom(size))
        wire.send(bytes(size))
        if size >= 20:
            wire.send(long_header(1, os.urandom(8), os.urandom(4), size))
            wire.send(long_header(0x1A2A3A4A, b"\xff" * 8, b"", size, body=b""))

    assert json.loads(aioquic.ask(shared_server.address, file("small.txt"))[0])["size"] == 35
