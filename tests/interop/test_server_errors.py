# SPDX-License-Identifier: MIT
"""Requests of every wrong shape: each gets its error object, the connection lives, nothing else is touched."""
import asyncio
import json

import pytest
from client import connect

from harness.requests import HASH, announce, code_of, file

ANNOUNCE = json.dumps(announce(6881))


def with_member(name, text):
    """A good announce in which the member has this JSON text."""
    members = {key: json.dumps(value) for key, value in announce(6881, left=1).items()}
    members[name] = text
    return ("{" + ",".join(f'"{key}":{value}' for key, value in members.items()) + "}").encode()


def without(name):
    request = announce(6881, left=1)
    del request[name]
    return json.dumps(request).encode()


INVALID_ENCODING = [
    b"\xff", b"\xc3", b"{\x80}", b'{"file": "\xff"}', b'{"fi\xffle": "x"}', b'{"file": "\xed\xa0\x80"}', b'{"file": "\xc0\xaf"}',
    b'{"file": "\xf4\x90\x80\x80"}', ANNOUNCE.encode() + b"\xff", b'{"file": \xff', b" \xfe",
]

INVALID_JSON = [
    b"", b" ", b"\t\r\n ", b"{", b"}", b"{]", b"[", b'{"file"}', b'{"file":}', b'{"file": "a"', b'{"file": "a}', b'{"file": "a",}',
    b'{"file": "a"} x', b'{"file": "a"}{}', b"{file: 1}", b"{'file': 1}", b'{"file": NaN}', b'{"file": Infinity}', b'{"file": -Infinity}',
    b'{"file": "a\nb"}', b'{"file": "a\x00b"}', b'{"file": "\\x41"}', b'{"file": "\\u12"}', b'{"file": 01}', b'{"file": +1}',
    b'{"file": .5}', b'{"file": 1.}', b'{"file": 1e}', b'{"file": tru}', b'{"file": nul}', b'{"a": 1 "file": 2}', b'{,"file": 1}',
    b'{"file": "a"} // comment', b'{"file": /* x */ 1}', b'{"n": ' + b"[" * 65 + b"]" * 65 + b"}", b"[" * 60000, b'{"a":' * 10000,
]

UNKNOWN_REQUEST = [
    b"{}", b'{"query": "x"}', b'{"peer_id": "x"}', b'{"info_hash": "x"}', b'{"info_hash": "x", "peer_id": null}',
    json.dumps({"info_hash": HASH, "port": 1}).encode(), b'{"file": null}', b'{"capabilities": null}', b'{"scrape": null}',
    b'{"list": null}',
    b'{"File": "small.txt"}', b'{"file ": "small.txt"}', b'{"info_hash": null, "peer_id": "x", "port": 1}',
]

# The member that the text must name, and the request.
INVALID_REQUEST = [
    ("port", without("port")),
    *[("port", with_member("port", text)) for text in (
        "null", "0", "-1", "65536", "1.5", '"6881"', "true", "[]", "{}", "1e999", "9" * 5000, "-0.5")],
    *[("info_hash", with_member("info_hash", text)) for text in (
        '""', '"c0"', f'"{HASH}0"', f'"{HASH[:-1]}"', f'"{HASH[:-1]}g"', "1", "[]", "true", f'"{HASH}{"ab" * 11}"',
        f'" {HASH}"', f'"{"é" * 20}"')],
    *[("peer_id", with_member("peer_id", text)) for text in ('""', f'"{"x" * 65}"', "7", "[]", "{}", "false")],
    *[(name, with_member(name, text)) for name in ("left", "uploaded", "downloaded")
      for text in ("-1", "1.5", '"1"', "true", "18446744073709551616", "1e999", "[]")],
    *[("event", with_member("event", text)) for text in ("1", "[]", "{}", "true")],
    *[("ip", with_member("ip", text)) for text in ('""', '"localhost"', '"1.2.3"', '"256.1.1.1"', "1", "[]", '"1.2.3.4:5"', '"[::1]"')],
    *[("numwant", with_member("numwant", text)) for text in ("1.5", '"5"', "[]", "true", "1e999")],
    *[(name, with_member(name, text)) for name in ("key", "tracker_id") for text in ("[]", "{}", "true")],
    *[("file", b'{"file": ' + text + b"}") for text in (b"1", b"[]", b"{}", b"true", b'["small.txt"]')],
    *[("capabilities", b'{"capabilities": ' + text + b"}") for text in (b'"file"', b"{}", b"true")],
    *[("scrape", b'{"scrape": ' + text + b"}") for text in (b"1", b"{}", b'"x"', b"[1]", b'["zz"]')],
    *[("list", b'{"list": ' + text + b"}") for text in (b"1", b"[]", b"{}")],
    ("offset", b'{"file": "small.txt", "offset": "0"}'),
    ("length", b'{"file": "small.txt", "length": []}'),
    ("encoding", b'{"file": "small.txt", "encoding": "gzip"}'),
    ("file", b'{"file": "small.txt", "file": "small.txt"}'),
    ("port", ANNOUNCE[:-1].encode() + b', "port": 6881}'),
    ("info_hash", ANNOUNCE[:-1].encode() + f', "info_hash": "{HASH}"}}'.encode()),
]

TABLE = [
    *[("INVALID_ENCODING", request) for request in INVALID_ENCODING],
    *[("INVALID_JSON", request) for request in INVALID_JSON],
    *[("UNKNOWN_REQUEST", request) for request in UNKNOWN_REQUEST],
    *[("INVALID_REQUEST", request) for _, request in INVALID_REQUEST],
]


def short(request):
    text = request.decode("latin-1").encode("unicode_escape").decode()
    return text if len(text) < 100 else f"{text[:60]}… ({len(request)} bytes)"


def test_every_wrong_shape_gets_its_code(shared_server, client):
    """All on one connection, so that each also shows that the one before did no harm."""
    answers = client.ask(shared_server.address, *[request for _, request in TABLE])

    wrong = [f"{short(request)}: {answer[:200]!r}, not {code}"
             for (code, request), answer in zip(TABLE, answers, strict=True) if code_of(answer) != code]
    assert not wrong, "\n".join(wrong)


def test_an_invalid_request_names_the_member(shared_server, aioquic):
    answers = aioquic.ask(shared_server.address, *[request for _, request in INVALID_REQUEST])

    wrong = [f"{short(request)}: {answer.decode()} does not name {member}"
             for (member, request), answer in zip(INVALID_REQUEST, answers, strict=True)
             if member not in json.loads(answer).get("error", "")]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("request_bytes", [
    rb'{"file": "\ud800"}', rb'{"\udc00": 1}', rb'{"file": "\udc00\ud800"}', rb'{"file": "\ud800x"}',
])
def test_a_lone_surrogate_is_an_error(shared_server, aioquic, request_bytes):
    [answer] = aioquic.ask(shared_server.address, request_bytes)

    assert code_of(answer) in ("INVALID_JSON", "INVALID_ENCODING", "INVALID_REQUEST", "UNKNOWN_REQUEST")


def test_what_is_wrong_in_members_that_nobody_knows_is_no_matter(shared_server, client):
    request = {"x": [1.5, None, {"port": "a"}], "": {}, "port2": -1, **file("small.txt"), "query": True}

    [answer] = client.ask(shared_server.address, request)

    assert json.loads(answer)["size"] == 35


def test_nesting_up_to_the_limit_is_read(shared_server, aioquic):
    deep = b'{"file": "small.txt", "x": ' + b"[" * 63 + b"]" * 63 + b"}"

    assert json.loads(aioquic.ask(shared_server.address, deep)[0])["size"] == 35


@pytest.mark.parametrize("first", [b"G", b"\x00", b"\xc0\x00", b"\x05abc", b"null", b"1", b'"text"', b"[1]"])
def test_what_is_neither_json_nor_http3_is_refused_alone(shared_server, aioquic, first):
    """A JSON error, or STOP_SENDING and RESET_STREAM; the connection lives either way."""
    async def run():
        async with connect(shared_server.address) as connection:
            stream = connection.open()
            stream.send(first, end=True)
            try:
                refused = code_of(await stream.answer(10))
            except Exception as error:
                refused = type(error).__name__
            return refused, await connection.ask_json(file("small.txt"))
    refused, after = asyncio.run(run())

    assert refused in ("INVALID_JSON", "UNKNOWN_REQUEST", "INVALID_ENCODING", "StreamReset")
    assert after["size"] == 35


def test_an_error_touches_no_other_stream(shared_server, client, root):
    requests = [b"{", file("medium.bin"), b'{"file": ""}', file("small.txt")] * 5

    answers = client.ask_at_once(shared_server.address, requests)

    for at in range(0, len(answers), 4):
        assert code_of(answers[at]) == "INVALID_JSON" and code_of(answers[at + 2]) == "FILE_NOT_FOUND"
        assert bytes(json.loads(answers[at + 1])["data"]) == (root / "medium.bin").read_bytes()
        assert json.loads(answers[at + 3])["size"] == 35


def padded(size):
    """A good request of so many bytes."""
    request = json.dumps(file("small.txt")).encode()
    return request + b" " * (size - len(request))


def test_a_request_of_64_kib_is_answered(shared_server, client):
    [answer] = client.ask(shared_server.address, padded(64 * 1024))

    assert json.loads(answer)["size"] == 35


def test_a_request_over_64_kib_is_refused(shared_server, client):
    one_more, many_more, after = client.ask(shared_server.address, padded(64 * 1024 + 1), padded(900_000), file("small.txt"))

    assert code_of(one_more) == code_of(many_more) == "REQUEST_TOO_LARGE"
    assert json.loads(after)["size"] == 35


def test_a_request_that_never_ends_is_refused_at_the_limit(shared_server):
    async def run():
        async with connect(shared_server.address) as connection:
            stream = connection.open()
            stream.send(b'{"file": "' + b"a" * 64 * 1024)
            answer = await stream.answer(10)
            return answer, stream.stopped_with, await connection.ask_json(file("small.txt"))
    answer, stopped, after = asyncio.run(run())

    assert code_of(answer) == "REQUEST_TOO_LARGE"
    assert stopped is not None, "the server must say STOP_SENDING"
    assert after["size"] == 35


def test_numbers_of_thousands_of_digits_are_cheap(shared_server, aioquic):
    request = b'{"file": "small.txt", "x": ' + b"9" * 60_000 + b'e' + b"9" * 5 + b"}"

    answers = aioquic.ask(shared_server.address, *[request] * 50)

    assert {json.loads(answer).get("size", "refused") for answer in answers} <= {35, "refused"}
