# SPDX-License-Identifier: MIT
"""torq as the client of a server that lies: it must say so, keep nothing, and never crash."""
import hashlib
import json

import pytest

from harness.requests import HASH

OTHER, NOT_FOUND, NETWORK, VERIFICATION_FAILED = 1, 3, 4, 5
CAN_RAW = {"contains": "capabilities",
           "answer": json.dumps({"version": 1, "capabilities": ["file", "file_raw"], "limits": {}})}


def get(command, server):
    finished = command("get", f"{server.url}/small.txt", "--pin", server.pin, seconds=150)
    assert finished.code != 0, finished
    assert finished.err.strip(), "it must say why"
    left = [path.name for path in command.folder.iterdir() if path.is_file() and "stderr" not in path.name]
    assert not left, f"{left} was left behind\n{finished}"
    return finished


def listed(data, **members):
    return json.dumps({"data": data, "filename": "small.txt", "size": len(data), **members})


@pytest.mark.parametrize("answer", [
    "", " ", "null", "[]", "{}", "{", "nonsense", "\x00", '{"data": 5}', '{"data": [1]}',
    '{"data": "AQ==", "filename": "small.txt", "size": 1}',
    listed([256]), listed([-1]), listed(["1"]), listed([1.5]), listed([None]), listed([1]) + "x", listed([1])[:-1], '{"size": 1}',
    '{"data": [1,], "filename": "small.txt", "size": 1}', '{"data":' + "[" * 100_000, '{"data":[' + "9" * 100_000 + "]}",
])
def test_a_file_answer_that_is_none(command, scripted, answer):
    get(command, scripted([{"contains": '"file":', "answer": answer}]))


@pytest.mark.parametrize("size", [0, 2, 4, 10**18, -1, "3"])
def test_a_size_that_is_not_that_of_the_data(command, scripted, size):
    get(command, scripted([{"contains": '"file":', "answer": listed([1, 2, 3], size=size)}]))


def raw(data, **members):
    header = {"filename": "small.txt", "size": len(data), "offset": 0, "length": len(data), **members}
    return (json.dumps(header).encode() + b"\n" + data).hex()


def test_raw_is_taken_where_it_is_offered(command, scripted):
    """The control of the tests below."""
    server = scripted([CAN_RAW, {"contains": '"raw"', "hex": raw(b"abc", sha256=hashlib.sha256(b"abc").hexdigest())}])

    finished = command("get", f"{server.url}/small.txt", "--pin", server.pin)

    assert finished.code == 0, finished
    assert (command.folder / "small.txt").read_bytes() == b"abc"


def test_a_digest_of_something_else(command, scripted):
    server = scripted([CAN_RAW, {"contains": '"raw"', "hex": raw(b"abc", sha256=hashlib.sha256(b"abd").hexdigest())}])

    assert get(command, server).code == VERIFICATION_FAILED


@pytest.mark.parametrize("hex_answer", [
    "", b"\n".hex(), b"{}\nabc".hex(), b"abc".hex(), raw(b"abc", length=4), raw(b"abc", length=2), raw(b"abc", size=5),
    raw(b"abc", offset=1), raw(b"abc", length=-1), raw(b"abc", length=2**63), raw(b"abc", sha256=5), raw(b"abc", sha256="zz"),
    (b"{" * 100_000).hex(), (b" " * 10_000_000).hex(), (b'{"error": "no"').hex(),
])
def test_a_raw_answer_that_is_none(command, scripted, hex_answer):
    get(command, scripted([CAN_RAW, {"contains": '"raw"', "hex": hex_answer}]))


@pytest.mark.parametrize("code, expected", [
    ("FILE_NOT_FOUND", NOT_FOUND), ("FILE_READ_ERROR", OTHER), ("FILE_TOO_LARGE", OTHER), ("INTERNAL_ERROR", OTHER),
    ("SERIALIZATION_ERROR", OTHER), ("INVALID_REQUEST", OTHER), ("REQUEST_TOO_LARGE", OTHER), ("UNAUTHORIZED", OTHER),
    ("NOT_ALLOWED", OTHER), ("INVALID_ENCODING", OTHER), ("INVALID_JSON", OTHER), ("UNKNOWN_REQUEST", OTHER), ("OUT_OF_CHEESE", OTHER),
])
def test_every_code_is_told(command, scripted, code, expected):
    server = scripted([{"contains": '"file":', "answer": json.dumps({"error": "the words of the server", "code": code})}])

    finished = get(command, server)

    assert finished.code == expected, finished
    assert "the words of the server" in finished.err or code in finished.err, finished


@pytest.mark.parametrize("answer", [
    '{"error": 5, "code": 6}', '{"error": "x"}', '{"code": "X"}', '{"error": null, "code": null}', '{"error": [], "code": {}}',
])
def test_an_error_answer_that_is_none(command, scripted, answer):
    get(command, scripted([{"contains": '"file":', "answer": answer}]))


def test_the_servers_words_cannot_steer_the_terminal(command, scripted):
    words = "\x1b]0;owned\x07\x1b[2J\r\nroot# \x9b31m"
    server = scripted([{"contains": '"file":', "answer": json.dumps({"error": words, "code": "X\x1b[2J"})}])

    finished = get(command, server)

    for evil in "\x1b\x07\x9b\r":
        assert evil not in finished.err and evil not in finished.out, repr(finished.err)


def test_the_servers_name_is_not_where_it_is_written(command, scripted):
    server = scripted([{"contains": '"file":', "answer": listed([65], filename="../evil")}])

    command("get", f"{server.url}/small.txt", "--pin", server.pin)

    assert not (command.folder.parent / "evil").exists()


@pytest.mark.parametrize("rule", [{"reset": 7}, {"answer": '{"data":[1,2', "reset": 7}, {"close": 9}])
def test_a_stream_or_connection_that_breaks(command, scripted, rule):
    finished = get(command, scripted([{"contains": '"file":', **rule}]))

    assert finished.code in (OTHER, NETWORK), finished


@pytest.mark.parametrize("message", ["1800000100", "0d000003000000"], ids=["key-update", "certificate-request"])
def test_a_tls_message_that_may_not_come(command, scripted, message):
    finished = get(command, scripted([{"contains": '"file":', "crypto": message}]))

    assert finished.code in (OTHER, NETWORK), finished


@pytest.mark.parametrize("answer", [
    "", "{", "[]", "{}", '{"interval": 60}', '{"interval": "x", "peers": [], "complete": 0, "incomplete": 0}',
    '{"interval": 60, "peers": 5, "complete": 0, "incomplete": 0}', '{"interval": 60, "peers": [5], "complete": 0, "incomplete": 0}',
    '{"interval": -1, "peers": [], "complete": 0, "incomplete": 0}',
])
def test_an_announce_answer_that_is_none(command, scripted, answer):
    server = scripted([{"contains": "info_hash", "answer": answer}])

    finished = command("announce", server.url, HASH, "--port", 6881, "--pin", server.pin)

    assert finished.code == OTHER, finished
    assert finished.err.strip()


def test_a_peer_that_is_none_is_not_passed_on(command, scripted):
    peers = [{"ip": "1.2.3.4", "port": 70000}, {"ip": "1.2.3.5", "port": 0}, {"ip": "elsewhere", "port": 5}, {"ip": "1.2.3.6", "port": 6}]
    answer = {"interval": 60, "peers": peers, "complete": 0, "incomplete": 4}
    server = scripted([{"contains": "info_hash", "answer": json.dumps(answer)}])

    finished = command("announce", server.url, HASH, "--port", 6881, "--json", "--pin", server.pin)

    assert finished.code in (0, OTHER), finished
    assert [peer for told in finished.objects for peer in told["peers"]] in ([], [peers[-1]])


@pytest.mark.long
def test_ls_ends_where_the_names_do_not(command, scripted):
    server = scripted([{"contains": "capabilities", "answer": json.dumps({"version": 1, "capabilities": ["list"], "limits": {}})},
                       {"contains": '"list":', "pages": 150_000, "type": "file"}])

    finished = command("ls", server.url, "--pin", server.pin)

    assert finished.code == 1 and "more than 1000000 names" in finished.err, finished.err
    assert finished.out.count("\n") == 1_000_000
