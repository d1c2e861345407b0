# SPDX-License-Identifier: MIT
"""torq over HTTP/1.1: connections, files, TLS, and how it listens. What trackers say is in ../interop/test_tracker_doors.py."""
import hashlib
import http.client
import json
import os
import re
import socket
import ssl
import struct
import time

import pytest

from harness import web
from harness.certificates import Authority

TLS = {"http": None, "https": web.anyone()}


@pytest.fixture(params=TLS)
def connect(request, shared_server):
    """Opens a connection to a server that all share, plain or with TLS."""
    return lambda **more: web.Connection(shared_server.address, TLS[request.param], **more)


def announce(number, event="started"):
    return f"/announce?info_hash={'h' * 16}{number:04}&peer_id=-TQ0001-abcdefghijkl&port=6881&left=1&event={event}"


# Connections ----------------------------------------------------------------------------------------------------------------


def test_a_connection_is_kept(connect):
    with connect() as connection:
        for number in range(20):
            answer = connection.ask(announce(number))
            assert answer.tracked[b"incomplete"] == 1 and "connection" not in answer.fields


def test_pipelined_requests_are_answered_in_order(connect):
    """As libtorrent says its goodbyes: all at once, on one connection."""
    with connect() as connection:
        count = 300
        connection.send(b"".join(web.request(f"/scrape?info_hash={'p' * 16}{number:04}") for number in range(count)))
        for number in range(count):
            assert list(connection.hear().tracked[b"files"]) == [f"{'p' * 16}{number:04}".encode()]


def test_a_request_may_come_in_single_bytes(connect):
    with connect() as connection:
        for byte in web.request(announce(1)):
            connection.send(bytes([byte]))
        assert connection.hear().tracked[b"incomplete"] == 1


@pytest.mark.parametrize("version, field, kept", [("1.1", None, True), ("1.1", "close", False), ("1.0", None, False),
                                                  ("1.0", "keep-alive", True)])
def test_a_connection_lives_as_long_as_the_client_wants(connect, version, field, kept):
    with connect() as connection:
        answer = connection.ask("/healthz", version=version, Connection=field)
        assert (answer.status, answer.body) == (200, b"ok\n")
        if kept:
            assert connection.ask("/healthz").status == 200
        else:
            assert answer.fields["connection"] == "close" and connection.ended()


@pytest.mark.parametrize("sent, status", [
    (b"nonsense\r\n\r\n", 400), (b"GET / HTTP/1.1\nHost: t\n\n", 400), (b"GET / HTTP/2.0\r\n\r\n", 505),
    (b"GET /" + b"x" * 40_000, 414), (b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000, 431),
    (b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 100_000, 413),
    (b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501)])
def test_what_cannot_be_read_is_answered_before_the_connection_ends(connect, sent, status):
    with connect() as connection:
        connection.send(sent)
        answer = connection.hear()
        assert answer.status == status and answer.body
        assert connection.ended()


def test_who_hangs_up_harms_nobody(connect):
    for sent in (b"", b"GET /ann", web.request("/files/large.bin"), web.request("/healthz")):
        for abrupt in (False, True):
            with connect() as connection:
                connection.send(sent)
                if abrupt:
                    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with connect() as connection:
        assert connection.ask("/healthz").status == 200


def test_who_reads_nothing_holds_up_nobody(connect, root):
    with connect() as stalled, connect() as other:
        stalled.send(web.request("/files/large.bin") + web.request("/healthz"))
        assert other.ask("/healthz").status == 200
        assert hashlib.sha256(stalled.hear().body).digest() == hashlib.sha256((root / "large.bin").read_bytes()).digest()
        assert stalled.hear().body == b"ok\n", "what was pipelined behind a file"


def test_who_ends_its_side_is_still_answered(shared_server):
    with web.Connection(shared_server.address) as connection:
        connection.send(web.request("/files/medium.bin") + web.request("/healthz"))
        connection.socket.shutdown(socket.SHUT_WR)
        assert len(connection.hear().body) == 500_000
        assert connection.hear().body == b"ok\n"
        assert connection.ended()


def test_many_connections_at_once(connect):
    connections = [connect() for _ in range(200)]
    for number, connection in enumerate(connections):
        connection.send(web.request(announce(number)))
    for connection in connections:
        assert connection.hear().status == 200
        connection.socket.close()


# Files ----------------------------------------------------------------------------------------------------------------------


def test_files_and_their_parts(connect, root):
    data = (root / "medium.bin").read_bytes()
    with connect() as connection:
        whole = connection.ask("/files/medium.bin")
        assert (whole.status, whole.body) == (200, data)
        assert whole.fields["content-type"] == "application/octet-stream" and whole.fields["accept-ranges"] == "bytes"
        for text, first, last in (("0-0", 0, 0), ("1000-1999", 1000, 1999), ("499990-", 499_990, 499_999), ("-7", 499_993, 499_999)):
            part = connection.ask("/files/medium.bin", Range=f"bytes={text}", If_Range=whole.fields["etag"])
            assert (part.status, part.body) == (206, data[first:last + 1])
            assert part.fields["content-range"] == f"bytes {first}-{last}/500000"
        assert connection.ask("/files/medium.bin", Range="bytes=500000-").status == 416
        assert connection.ask("/files/medium.bin", Range="bytes=0-0", If_Range='"other"').status == 200
        assert connection.ask("/files/medium.bin", If_None_Match=whole.fields["etag"]).status == 304
        assert connection.ask("/files/medium.bin", If_Modified_Since=whole.fields["last-modified"]).status == 304
        connection.send(web.request("/files/medium.bin", method="HEAD"))
        assert connection.hear(has_body=False).fields["content-length"] == "500000"
        assert connection.ask("/healthz").status == 200


def test_folders_are_listed(connect):
    with connect() as connection:
        names = {entry["name"] for entry in json.loads(connection.ask("/files/", Accept="application/json").body)["entries"]}
        assert "hello_world.txt" in names
        page = connection.ask("/files/", Accept="text/html")
        assert page.fields["content-type"].startswith("text/html") and b'<a href="hello_world.txt">' in page.body
        assert connection.ask("/files").fields["location"] == "/files/"


@pytest.mark.parametrize("path", ["/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/%2Fetc/passwd", "/hello_world.txt/", "/a%00"])
def test_nothing_outside_the_root_is_served(connect, path):
    with connect() as connection:
        assert connection.ask("/files" + path).status == 404


def test_a_library_of_others_gets_along(shared_server, root):
    connection = http.client.HTTPConnection(*shared_server.address, timeout=20)
    for name in ("hello_world.txt", "log.txt"):
        connection.request("GET", f"/files/{name}")
        assert connection.getresponse().read() == (root / name).read_bytes()


# How the server is ------------------------------------------------------------------------------------------------------------


def test_it_says_how_it_is(serve):
    server = serve()
    with web.Connection(server.address) as connection:
        connection.ask(announce(1))
        stats = json.loads(connection.ask("/stats").body)
        assert (stats["peers"], stats["swarms"], stats["ready"]) == (1, 1, True)
        assert connection.ask("/readyz").status == 200
        assert connection.ask("/").status == 200 and connection.ask("/nothing").status == 404


def test_a_server_that_ends_finishes_what_it_was_asked(serve, root):
    server = serve("--drain", 20)
    with web.Connection(server.address) as idle, web.Connection(server.address) as busy:
        assert idle.ask("/healthz").status == 200
        busy.send(web.request("/files/large.bin") + web.request("/readyz"))
        while len(busy._received) < 100_000:
            busy._receive()

        server.process.send_signal()

        assert idle.ended(), "who has asked for nothing is sent away"
        assert busy.hear().body == (root / "large.bin").read_bytes()
        last = busy.hear()
        assert last.status == 503 and last.fields["connection"] == "close"
    assert server.process.wait() == 0


def test_a_client_that_asks_for_ever_does_not_keep_a_server(serve):
    server = serve("--drain", 1)
    with web.Connection(server.address) as connection:
        connection.send(web.request("/files/large.bin"))
        while not connection._received:
            connection._receive()
        begun = time.monotonic()
        assert server.process.stop() == 0
        assert time.monotonic() - begun < 10


# TLS --------------------------------------------------------------------------------------------------------------------------


def test_the_certificate_is_that_of_quic_and_follows_it(serve, tmp_path):
    authority = Authority(tmp_path)
    first = authority.issue("first")
    server = serve(*first.options)
    context = ssl.create_default_context(cafile=authority.file)
    with web.Connection(server.address, context) as old:
        assert old.ask("/healthz").status == 200
        assert old.socket.version() == "TLSv1.3"

        second = authority.issue("second")
        for ours, theirs in ((first.cert, second.cert), (first.key, second.key)):
            os.replace(theirs, ours)
        server.process.send_signal(1)
        while "reloaded" not in server.process.stderr:
            assert server.process.running

        with web.Connection(server.address, context) as new:
            assert new.ask("/healthz").status == 200
            assert new.socket.getpeercert()["subject"] != old.socket.getpeercert()["subject"]
        assert old.ask("/healthz").status == 200, "a connection keeps what it has"


def test_tls_1_2_is_spoken_and_http_1_1_chosen(shared_server):
    context = web.anyone()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2", "http/1.1"])
    with web.Connection(shared_server.address, context) as connection:
        assert connection.ask("/healthz").status == 200
        assert (connection.socket.version(), connection.socket.selected_alpn_protocol()) == ("TLSv1.2", "http/1.1")


def test_garbage_after_a_tls_record_type_ends_the_connection(shared_server):
    with web.Connection(shared_server.address) as connection:
        connection.send(b"\x16" + b"\xff" * 100)
        assert connection.socket.recv(1)[:1] in (b"", b"\x15"), "an alert, or nothing"


# How it listens ---------------------------------------------------------------------------------------------------------------


def doors(server):
    return [(door["door"], door["address"], door["port"]) for door in server.ready["listen"]]


@pytest.mark.parametrize("workers", [1, 3])
def test_all_doors_are_on_one_number(serve, workers):
    server = serve("--workers", workers)

    [(first, address, port), *others] = doors(server)
    assert first == "quic" and [(door, address, port) for door in ("udp", "https", "http")] == others[:3]


def test_a_door_alone(serve):
    server = serve(listen=["http://127.0.0.1:0", "https://127.0.0.1:0", "https://[::1]:0"])

    [(_, _, secure), (_, six, _), (_, _, plain)] = doors(server)
    assert [door for door, _, _ in doors(server)] == ["https", "https", "http"] and six == "::1" and plain != secure
    with web.Connection(("127.0.0.1", plain)) as connection:
        assert connection.ask("/healthz").status == 200
    with web.Connection(("127.0.0.1", secure), web.anyone()) as connection:
        assert connection.ask("/healthz").status == 200
    with web.Connection(("127.0.0.1", secure)) as connection:
        connection.send(web.request("/healthz"))
        assert b"HTTP" not in connection.socket.recv(1000), "an alert, or nothing"
    with web.Connection(("127.0.0.1", plain)) as connection, pytest.raises(ssl.SSLError):
        web.anyone().wrap_socket(connection.socket)


def test_doors_that_name_one_number_share_it(serve):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = serve(listen=[f"http://127.0.0.1:{port}", f"quic://127.0.0.1:{port}", f"https://127.0.0.1:{port}"])

    assert doors(server) == [(door, "127.0.0.1", port) for door in ("quic", "https", "http")]


def test_a_tcp_port_that_is_taken_is_named(command, root):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        finished = command("serve", "--json", "--root", root, "--state", command.folder / "state", "--listen", f"127.0.0.1:{port}",
                           seconds=30)

    assert finished.code == 1 and re.search(f"TCP 127.0.0.1:{port}: Address already in use", finished.err), finished
