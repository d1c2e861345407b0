# SPDX-License-Identifier: MIT
"""torq's own requests, as a client that never saw torq would make them from the protocol's page."""
import hashlib
import json

import pytest

from harness.requests import HASH, OTHER_HASH, announce, code_of, file

LIMITS = {"max_request_bytes", "max_json_file_bytes", "max_numwant", "max_scrape", "max_list", "interval", "min_interval"}
EVERYTHING = ["announce", "file", "scrape", "file_range", "file_raw", "list"]


def ask(client, server, request):
    [answer] = client.ask(server.address, request)
    return answer


def raw(answer):
    """The header and the bytes of a raw answer."""
    header, _, data = answer.partition(b"\n")
    return json.loads(header), data


def test_capabilities_are_those_in_common(shared_server, client):
    answer = json.loads(ask(client, shared_server, {"capabilities": [*EVERYTHING, "levitation"], "version": 1}))

    assert list(answer) == ["version", "capabilities", "limits"]
    assert answer["version"] == 1
    assert sorted(answer["capabilities"]) == sorted(EVERYTHING)
    assert set(answer["limits"]) >= LIMITS and all(isinstance(limit, int) for limit in answer["limits"].values())


@pytest.mark.parametrize("request_members, names", [
    ({"capabilities": []}, []),
    ({"capabilities": ["file"], "version": 7}, ["file"]),
    ({"capabilities": ["file_raw", "nothing"], "version": None}, ["file_raw"]),
])
def test_capabilities_answer_with_version_1(shared_server, client, request_members, names):
    answer = json.loads(ask(client, shared_server, request_members))

    assert (answer["version"], answer["capabilities"]) == (1, names)


def test_limits_are_kept(shared_server, aioquic):
    limits = json.loads(ask(aioquic, shared_server, {"capabilities": []}))["limits"]

    assert limits["max_request_bytes"] == 64 * 1024
    assert limits["max_json_file_bytes"] == 64 << 20
    too_many = [f"{number:040x}" for number in range(limits["max_scrape"] + 1)]
    assert len(json.loads(ask(aioquic, shared_server, {"scrape": too_many[1:]}))["files"]) == limits["max_scrape"]
    assert code_of(ask(aioquic, shared_server, {"scrape": too_many})) == "INVALID_REQUEST"


def test_scrape_counts(server, client):
    client.ask(server.address, announce(1, left=1), announce(2, left=0), announce(1, left=0, event="completed"))

    answer = json.loads(ask(client, server, {"scrape": [HASH, OTHER_HASH]}))

    assert answer["files"] == {
        HASH: {"complete": 2, "downloaded": 1, "incomplete": 0},
        OTHER_HASH: {"complete": 0, "downloaded": 0, "incomplete": 0},
    }


def test_raw_is_the_bytes(shared_server, client, root):
    whole = (root / "medium.bin").read_bytes()

    header, data = raw(ask(client, shared_server, file("medium.bin", encoding="raw")))

    assert (header["filename"], header["size"], header["offset"], header["length"]) == ("medium.bin", len(whole), 0, len(whole))
    assert data == whole
    assert header.get("sha256") in (None, hashlib.sha256(whole).hexdigest())


def test_large_raw_is_the_bytes(shared_server, client, root):
    header, data = raw(ask(client, shared_server, file("large.bin", encoding="raw")))

    assert header["length"] == len(data) == 20_000_000
    assert data == (root / "large.bin").read_bytes()


@pytest.mark.parametrize("members, expected", [
    ({"offset": 7}, slice(7, None)),
    ({"offset": 7, "length": 5}, slice(7, 12)),
    ({"length": 5}, slice(0, 5)),
    ({"length": 0}, slice(0, 0)),
    ({"offset": 500_000}, slice(0, 0)),
    ({"offset": 499_999, "length": 10**12}, slice(499_999, None)),
    ({"offset": None, "length": None}, slice(None)),
])
def test_a_range_is_part_of_the_file(shared_server, client, root, members, expected):
    part = (root / "medium.bin").read_bytes()[expected]
    offset = members.get("offset") or 0

    listed = json.loads(ask(client, shared_server, file("medium.bin", **members)))
    header, data = raw(ask(client, shared_server, file("medium.bin", encoding="raw", **members)))

    assert bytes(listed["data"]) == part and data == part
    assert listed["size"] == header["size"] == 500_000
    assert (header["offset"], header["length"]) == (offset, len(part))
    if members.get("offset") is not None or members.get("length") is not None:
        assert (listed["offset"], listed["length"]) == (offset, len(part))


@pytest.mark.parametrize("members", [
    {"offset": 500_001}, {"offset": -1}, {"length": -1}, {"offset": "1"}, {"length": 1.5}, {"encoding": "zip"}, {"encoding": 1},
    {"offset": 2**64}, {"offset": 2**64 - 1, "length": 2**64 - 1},
])
def test_a_range_beyond_the_file_is_refused(shared_server, aioquic, members):
    assert code_of(ask(aioquic, shared_server, file("medium.bin", **members))) == "INVALID_REQUEST"


def test_list_names_what_can_be_fetched(serve, client, tmp_path):
    tree = tmp_path / "tree"
    (tree / "folder").mkdir(parents=True)
    (tree / "folder" / "inside").write_bytes(b"123")
    (tree / "b").write_bytes(b"12")
    (tree / "B").write_bytes(b"")
    (tree / "out").symlink_to("/etc/passwd")
    (tree / "in").symlink_to("b")
    server = serve(root=tree)

    top = json.loads(ask(client, server, {"list": ""}))
    inside = json.loads(ask(client, server, {"list": "folder"}))

    assert list(top) == ["list", "entries"] and top["list"] == ""
    types = [("B", "file"), ("b", "file"), ("folder", "folder"), ("in", "file")]
    assert [(entry["name"], entry["type"]) for entry in top["entries"]] == types
    assert {entry["name"]: entry["size"] for entry in top["entries"] if entry["type"] == "file"} == {"B": 0, "b": 2, "in": 2}
    assert inside["entries"] == [{"name": "inside", "type": "file", "size": 3}]


@pytest.mark.parametrize("name", ["absent", "small.txt", "..", "/", "/etc", ".", "a/../..", "\\", "C:"])
def test_list_of_what_is_no_folder_is_not_found(shared_server, aioquic, name):
    assert code_of(ask(aioquic, shared_server, {"list": name})) == "FILE_NOT_FOUND"


def test_a_long_list_is_cut(serve, aioquic, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    server = serve(root=tree)
    limit = json.loads(ask(aioquic, server, {"capabilities": []}))["limits"]["max_list"]
    for number in range(limit + 1):
        (tree / f"{number:06d}").touch()

    answer = json.loads(ask(aioquic, server, {"list": ""}))

    assert answer["truncated"] is True
    assert [entry["name"] for entry in answer["entries"]] == [f"{number:06d}" for number in range(limit)]
