# SPDX-License-Identifier: MIT
"""torq announce and torq scrape by every door of torq, and by trackers that answer as none should."""
import struct

import pytest

from harness import certificates, trackers, udp
from harness.requests import HASH, OTHER_HASH

OK, OTHER, USAGE, NETWORK, TRUST = 0, 1, 2, 4, 6
DOORS = ["quic", "udp", "http", "https", "h3"]
EMPTY = b"d8:intervali60e5:peers0:e"


@pytest.fixture
def tracker():
    """tracker(trackers.Http, script)"""
    started = []

    def start(kind, *words):
        started.append(kind(*words))
        return started[-1]

    yield start
    for server in started:
        server.close()


class Asker:
    """One door of a server, by its URL."""

    def __init__(self, command, server, door, path=""):
        self.command, self.door = command, door
        self.url = server.url.replace("quic:", f"{door}:") + path
        self.trust = ["--pin", server.pin] if door not in ("udp", "http") else []

    def announce(self, *words, hashes=(HASH,)):
        return self.command("announce", self.url, *hashes, *words, *self.trust, "--json")

    def scrape(self, *hashes):
        return self.command("scrape", self.url, *hashes, *self.trust, "--json")


@pytest.mark.parametrize("door", DOORS)
def test_every_door_meets_the_same_swarm(serve, command, door):
    server = serve()
    asker, other = Asker(command, server, door), Asker(command, server, "quic")
    assert other.announce("--port", 6001, "--left", 0).code == OK

    first = asker.announce("--port", 6002, "--left", 5, "--event", "started", "--numwant", 7, hashes=[HASH, OTHER_HASH])
    assert first.code == OK and not first.err, first
    known, new = first.objects
    assert (known["url"], known["info_hash"], known["interval"]) == (asker.url, HASH, 60)
    assert (known["complete"], known["incomplete"], known["peers"]) == (1, 1, [{"ip": "127.0.0.1", "port": 6001}])
    assert (new["info_hash"], new["peers"]) == (OTHER_HASH, [])

    [done] = asker.announce("--port", 6002, "--left", 0, "--event", "completed").objects
    assert (done["complete"], done["incomplete"]) == (2, 0)
    [leecher] = other.announce("--port", 6003, "--left", 1).objects
    assert sorted(peer["port"] for peer in leecher["peers"]) == [6001, 6002]

    unknown = "ab" * 20
    scraped = asker.scrape(HASH, unknown, HASH.upper())
    assert scraped.code == OK and [row["info_hash"] for row in scraped.objects] == [HASH, unknown, HASH.upper()]
    assert [(row["complete"], row["downloaded"], row["incomplete"]) for row in scraped.objects] == [(2, 1, 1), (0, 0, 0), (2, 1, 1)]

    [gone] = asker.announce("--port", 6002, "--event", "stopped").objects
    assert (gone["complete"], gone["incomplete"], gone["peers"]) == (1, 1, [])


@pytest.mark.parametrize("door", DOORS)
def test_many_swarms_at_once(shared_server, command, door):
    hashes = [f"{door:a<8}".encode().hex() + f"{number:024x}" for number in range(120)]
    asker = Asker(command, shared_server, door, path="/0123abcd/announce")

    announced = asker.announce("--port", 6001, "--left", 1, hashes=hashes)
    scraped = asker.scrape(*hashes)

    assert announced.code == scraped.code == OK, (announced, scraped)
    assert [row["info_hash"] for row in announced.objects] == [row["info_hash"] for row in scraped.objects] == hashes
    assert all(row["incomplete"] == 1 for row in scraped.objects)


def test_a_partial_seed_is_a_leecher(shared_server, command):
    for door in ("http", "udp"):
        [row] = Asker(command, shared_server, door).announce("--port", 6001, "--left", 1, "--event", "paused", hashes=["77" * 20]).objects
        assert (row["complete"], row["incomplete"]) == (0, 1)


@pytest.mark.parametrize("door", ["udp", "http", "https", "h3"])
def test_both_families_are_heard_of(serve, command, door):
    server = serve(listen=("[::1]:0",))
    asker = Asker(command, server, door)
    assert asker.announce("--port", 6001, "--left", 0).code == OK

    [answer] = asker.announce("--port", 6002, "--left", 1).objects

    assert answer["peers"] == [{"ip": "::1", "port": 6001}]


def test_a_query_of_the_url_is_sent_and_a_key_in_it_not_shown(tracker, command):
    server = tracker(trackers.Http, lambda target: trackers.http(b"d14:failure reason10:go away\n\x1b[e"))

    finished = command("announce", f"{server.url}/secret1/announce?passkey=secret2&x=%zz", HASH, "--port", 6881)

    assert (finished.code, finished.out) == (OTHER, "")
    assert finished.err == f"torq: {server.url}/…: the tracker refuses: go away??[\n"
    [request] = server.requests
    target = request.split()[1]
    assert target.startswith("/secret1/announce?passkey=secret2&x=%zz&info_hash=%C0%FF%EE%00") and "&port=6881&" in target
    assert "&left=16384&" in target, "some trackers refuse an announce without"
    assert f"Host: {server.url[7:]}\r\n" in request and "Connection: close\r\n" in request and "gzip" not in request


def test_a_scrape_asks_where_bep_48_says(tracker, command):
    hash = bytes.fromhex(HASH)
    body = b"d5:filesd20:" + hash + b"d8:completei1e10:downloadedi2e11:downloadersi3e10:incompletei4eeee"
    server = tracker(trackers.Http, lambda target: trackers.http(body))

    finished = command("scrape", f"{server.url}/x/announce.php?key=1", HASH, "--json")

    assert finished.objects == [{"url": f"{server.url}/x/announce.php?key=1", "info_hash": HASH, "complete": 1, "downloaded": 2,
                                 "incomplete": 4, "downloaders": 3}]
    assert server.requests[0].split()[1].startswith("/x/scrape.php?key=1&info_hash=")
    finished = command("scrape", f"{server.url}/x", HASH)
    assert finished.code == OTHER and "BEP 48" in finished.err


def test_what_a_tracker_says_beside_peers_is_told(tracker, command):
    body = b"d10:tracker id3:abc15:warning message9:too\x1bmany!5:peersld2:ip3:::14:porti7eee12:min intervali5ee"
    server = tracker(trackers.Http, lambda target: trackers.http(body))

    told = command("announce", server.url, HASH, "--port", 6881)
    [row] = command("announce", server.url, HASH, "--port", 6881, "--json").objects

    assert told.code == OK and told.err == f"torq: {server.url}/announce: the tracker warns: too?many!\n"
    assert (row["interval"], row["min_interval"], row["tracker_id"], row["warning"]) == (1800, 5, "abc", "too\x1bmany!")
    assert row["peers"] == [{"ip": "::1", "port": 7}]


BODY = b"d8:completei3e10:incompletei0e8:intervali60e5:peers0:e"
ANSWERS = {
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + BODY[:5] + b"\r\n%x\r\n" % len(BODY[5:]) + BODY[5:] + b"\r\n0\r\n\r\n",
    "until its end": b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
    "bare line feeds": b"HTTP/1.0 200 OK\n\n" + BODY,
    "more than it says": trackers.http(BODY) + b"rubbish",
    "an interim answer": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + trackers.http(BODY),
    "keys in any order": trackers.http(b"d5:peers0:8:completei3ee"),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_an_odd_answer_is_taken(tracker, command, what):
    server = tracker(trackers.Http, lambda target: ANSWERS[what])

    finished = command("announce", server.url, HASH, "--port", 6881, "--json")

    assert finished.code == OK and finished.objects[0]["complete"] == 3, finished


WRONG = {
    "nothing": (b"", NETWORK, "ended before the answer"),
    "a cut head": (b"HTTP/1.1 200 OK\r\nContent-", NETWORK, "cut"),
    "a cut body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nd5", NETWORK, "2 of 100 bytes"),
    "a cut chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nd5", NETWORK, "cut"),
    "cut bencoding": (trackers.http(BODY[:-1]), OTHER, "ends early"),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", OTHER, "two different"),
    "too long": (b"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n", OTHER, "1048576 bytes"),
    "too long in chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"10000\r\n%s\r\n" % (b"x" * 65536) * 17, OTHER, "1048576"),
    "an endless head": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 9999, OTHER, "head"),
    "a web page": (trackers.http(b"<html>welcome</html>"), OTHER, "check that the URL is a tracker's"),
    "not found": (trackers.http(b"<html>", "404 Not Found"), OTHER, "HTTP status 404"),
    "a failure with another status": (trackers.http(b"d14:failure reason6:bannede", "403 Forbidden"), OTHER, "refuses: banned"),
    "a good body with another status": (trackers.http(BODY, "500 Oops"), OTHER, "HTTP status 500"),
    "gzip": (trackers.http(b"\x1f\x8b", fields="Content-Encoding: gzip\r\n"), OTHER, "compressed"),
    "ragged peers": (trackers.http(b"d5:peers5:abcdee"), OTHER, "6 bytes each"),
    "never": (trackers.http(b"d14:failure reason1:x8:retry in5:nevere"), OTHER, "useless"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", OTHER, "not that of HTTP/1.1"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_answer_is_told(tracker, command, what):
    answer, code, words = WRONG[what]
    server = tracker(trackers.Http, lambda target: answer)

    finished = command("announce", server.url, HASH, "--port", 6881)

    assert (finished.code, finished.out) == (code, ""), finished
    assert words in finished.err and finished.err.count("\n") == 1, finished


def moved(to):
    return trackers.http(b"", "302 Found", f"Location: {to}\r\n")


def test_redirects_are_followed_to_tls_as_well(tracker, command, tmp_path):
    issued = certificates.Authority(tmp_path).issue("tracker")
    safe = tracker(trackers.Http, lambda target: trackers.http(BODY), (issued.cert, issued.key))
    answers = {"/announce": lambda target: moved("/b?" + target.split("?")[1]), "/b": lambda target: moved(f"{safe.url}/c")}
    server = tracker(trackers.Http, lambda target: answers[target.split("?")[0]](target))

    finished = command("announce", server.url, HASH, "--port", 6881, "--json", "--pin", issued.pin)
    refused = command("announce", server.url, HASH, "--port", 6881)

    assert finished.code == OK and finished.objects[0]["complete"] == 3, finished
    assert refused.code == TRUST and "certificate" in refused.err, refused


@pytest.mark.parametrize("to, words", [("/announce", "on and on"), ("udp://127.0.0.1:1/", "another scheme"), ("x", "no URL")])
def test_redirects_have_an_end(tracker, command, to, words):
    server = tracker(trackers.Http, lambda target: moved(to))

    finished = command("announce", server.url, HASH, "--port", 6881)

    assert finished.code == OTHER and words in finished.err, finished
    assert len(server.requests) <= 6


def answered(action, transaction, packet, body=b""):
    return None if action == udp.CONNECT else [struct.pack("!II", action, transaction) + body]


GOOD = struct.pack("!III", 60, 4, 3) + bytes([192, 0, 2, 1, 0x1a, 0xe1])
UDP_ANSWERS = {
    "an error": (lambda a, t, p: None if a == udp.CONNECT else [struct.pack("!II", udp.ERROR, t) + b"not here\0"], OTHER, "refuses: not here"),
    "an error to the connect": (lambda a, t, p: [struct.pack("!II", udp.ERROR, t) + b"full"], OTHER, "refuses: full"),
    "an answer to a scrape": (lambda a, t, p: None if a == udp.CONNECT else [struct.pack("!II", udp.SCRAPE, t) + b"x" * 12], OTHER, "what was asked"),
    "a wrong connect": (lambda a, t, p: [struct.pack("!II", udp.ANNOUNCE, t) + GOOD], OTHER, "connect"),
}


@pytest.mark.parametrize("what", UDP_ANSWERS)
def test_a_wrong_packet_is_told(tracker, command, what):
    script, code, words = UDP_ANSWERS[what]
    server = tracker(trackers.Udp, script)

    finished = command("announce", server.url, HASH, "--port", 6881)

    assert (finished.code, finished.out) == (code, "") and words in finished.err, finished


def test_packets_that_answer_nothing_are_passed_over(tracker, command):
    def script(action, transaction, packet):
        strange = [b"", b"x" * 7, struct.pack("!IIQ", udp.CONNECT, transaction ^ 1, 9), struct.pack("!II", udp.ERROR, transaction ^ 1) + b"no"]
        right = struct.pack("!IIQ", udp.CONNECT, transaction, 7) if action == udp.CONNECT else struct.pack("!II", action, transaction) + GOOD
        return [*strange, right]

    server = tracker(trackers.Udp, script)
    [row] = command("announce", server.url, HASH, "--port", 6881, "--left", 0, "--json").objects

    assert (row["complete"], row["incomplete"], row["peers"]) == (3, 4, [{"ip": "192.0.2.1", "port": 6881}])
    connect, announce = server.packets
    assert struct.unpack("!QI", connect[:12]) == (udp.MAGIC, udp.CONNECT)
    assert struct.unpack("!QI", announce[:12]) == (7, udp.ANNOUNCE)
    assert announce[98:] == b"\x02\x09/announce", "BEP 41"


def test_a_port_without_a_tracker(command):
    for scheme, protocol in (("udp", "UDP"), ("http", "TCP"), ("https", "TCP")):
        finished = command("announce", f"{scheme}://127.0.0.1:1", HASH, "--port", 6881)
        assert finished.code == NETWORK and f"nothing listens on this {protocol} port" in finished.err, finished


def test_https_believes_whom_the_trust_options_name(shared_server, command):
    url = shared_server.url.replace("quic:", "https:")

    refused = command("announce", url, HASH, "--port", 6881)
    assert refused.code == TRUST and shared_server.pin in refused.err, refused
    assert command("scrape", url, HASH, "--insecure").code == OK
    new = command("scrape", url, HASH, "--trust-new")
    assert new.code == OK and shared_server.pin in new.err, new
    assert command("scrape", url, HASH).code == OK
    assert command("scrape", url, HASH, "--pin", "sha256:" + "0" * 64).code == TRUST


@pytest.mark.parametrize("words", [["announce", "wss://h/announce", HASH, "--port", "1"], ["announce", "udp://h", HASH, "--port", "1"],
                                   ["announce", "http://h/a b", HASH, "--port", "1"],
                                   ["announce", "http://h", HASH, "--port", "1", "--peer-id", "short"], ["scrape", "http://me@h", HASH]])
def test_wrong_words_are_wrong_usage(command, words):
    assert command(*words).code == USAGE
