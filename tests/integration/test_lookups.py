# SPDX-License-Identifier: MIT
"""torq scrape and torq ls."""
import json

import pytest

from harness import seed
from harness.requests import HASH, OTHER_HASH

OK, OTHER, USAGE, NOT_FOUND = 0, 1, 2, 3


def test_scrape_tells_the_figures_without_joining(serve, command):
    server = serve()
    for port, left in ((6001, 1), (6002, 0), (6003, 0)):
        assert command("announce", server.url, HASH, "--port", port, "--left", left, "--pin", server.pin).code == OK

    for _ in range(2):
        finished = command("scrape", server.url, OTHER_HASH, HASH.upper(), HASH + "0" * 24, HASH, "--json", "--pin", server.pin)

        assert finished.code == OK, finished
        unknown, *known = finished.objects
        assert unknown == {"url": server.url, "info_hash": OTHER_HASH, "complete": 0, "downloaded": 0, "incomplete": 0}
        assert [answer["info_hash"] for answer in known] == [HASH.upper(), HASH + "0" * 24, HASH]
        assert all((answer["complete"], answer["incomplete"]) == (2, 1) for answer in known)


def test_scrape_asks_no_more_at_once_than_the_server_allows(command, scripted):
    offer = {"version": 1, "capabilities": ["scrape"], "limits": {"max_scrape": 2}}
    hashes = [f"{number:040x}" for number in range(5)]
    counts = {"complete": 1, "downloaded": 2, "incomplete": 3}
    server = scripted([{"contains": "capabilities", "answer": json.dumps(offer)},
                       {"contains": "scrape", "answer": json.dumps({"files": {name: counts for name in hashes}})}])

    finished = command("scrape", server.url, *hashes, "--json", "--pin", server.pin)

    assert finished.code == OK, finished
    assert [answer["info_hash"] for answer in finished.objects] == hashes
    asked = [json.loads(server.process.line()["text"]) for _ in range(5)]  # two of them for the capabilities
    assert sorted(len(request.get("scrape", "")) for request in asked) == [0, 0, 1, 2, 2]


def test_scrape_of_more_than_one_request(shared_server, command):
    hashes = [f"{number:040x}" for number in range(150)]

    finished = command("scrape", shared_server.url, *hashes, "--json", "--pin", shared_server.pin)

    assert finished.code == OK, finished
    assert [answer["info_hash"] for answer in finished.objects] == hashes


def test_scrape_of_a_server_that_has_none(command, foreign_server):
    finished = command("scrape", foreign_server.url, HASH, "--pin", foreign_server.pin)

    assert finished.code == OTHER, finished
    assert "does not offer scrape" in finished.err


@pytest.mark.parametrize("answer", ["{", '{"files": []}', '{"files": {"%s": 5}}' % HASH])
def test_a_scrape_answer_that_is_none(command, scripted, answer):
    offer = {"version": 1, "capabilities": ["scrape"], "limits": {}}
    server = scripted([{"contains": "capabilities", "answer": json.dumps(offer)}, {"contains": "scrape", "answer": answer}])

    finished = command("scrape", server.url, HASH, "--pin", server.pin)

    assert finished.code == OTHER and not finished.out, finished


def test_ls_shows_what_can_be_fetched(serve, command, tmp_path):
    tree = tmp_path / "tree"
    (tree / "sub folder").mkdir(parents=True)
    (tree / "a").write_bytes(b"abc")
    (tree / "sub folder" / "b").write_bytes(b"x" * 1500)
    server = serve(root=tree)

    root = command("ls", server.url, "--json", "--pin", server.pin)
    below = command("ls", f"{server.url}/sub%20folder/", "--pin", server.pin)

    assert root.objects == [
        {"url": f"{server.url}/a", "name": "a", "type": "file", "size": 3},
        {"url": f"{server.url}/sub%20folder", "name": "sub folder", "type": "folder", "size": 0},
    ]
    assert (below.code, below.out) == (OK, "  1.5 kB  b\n")


def test_ls_aligns_sizes(command, shared_server):
    finished = command("ls", shared_server.url, "--pin", shared_server.pin)

    assert finished.code == OK, finished
    lines = finished.out.splitlines()
    assert sorted(line[10:] for line in lines) == sorted(seed.SIZES) and all(line[8:10] == "  " for line in lines)


def test_ls_shows_all_pages(serve, command, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    names = [f"{number:05}" for number in range(2001)]
    for name in names:
        (tree / name).touch()
    server = serve(root=tree)

    finished = command("ls", server.url, "--json", "--pin", server.pin)

    assert finished.code == OK, finished
    assert [entry["name"] for entry in finished.objects] == names


@pytest.mark.parametrize("name", ["absent", "small.txt", ".."])
def test_ls_of_what_is_no_folder(command, shared_server, name):
    finished = command("ls", f"{shared_server.url}/{name}", "--pin", shared_server.pin)

    assert finished.code == NOT_FOUND, finished


def test_ls_of_a_server_that_lists_nothing(command, foreign_server):
    finished = command("ls", foreign_server.url, "--pin", foreign_server.pin)

    assert finished.code == OTHER, finished
    assert "does not list" in finished.err and "torq get URL/FILE" in finished.err


def test_names_cannot_steer_the_terminal(command, scripted):
    listed = {"list": "", "entries": [{"name": "\x1b[2J\n\u009b", "type": "file", "size": 3}]}
    server = scripted([{"contains": "capabilities", "answer": json.dumps({"version": 1, "capabilities": ["list"], "limits": {}})},
                       {"contains": '"list":', "answer": json.dumps(listed)}])

    finished = command("ls", server.url, "--pin", server.pin)

    assert finished.code == OK, finished
    assert finished.out == "     3 B  ?[2J??\n"


CAN_LIST = {"contains": "capabilities", "answer": json.dumps({"version": 1, "capabilities": ["list"], "limits": {}})}


@pytest.mark.parametrize("json_too", [["--json"], []])
def test_ls_shows_no_name_that_leads_elsewhere(command, scripted, json_too):
    names = ["", ".", "..", "../evil", "/evil", "a/b", "good", "x\x00y"]
    listed = {"list": "", "entries": [{"name": name, "type": "file", "size": 3} for name in sorted(names)]}
    server = scripted([CAN_LIST, {"contains": '"list":', "answer": json.dumps(listed)}])

    finished = command("ls", f"{server.url}/folder", *json_too, "--pin", server.pin)

    assert finished.code == OTHER and "7 names are left out" in finished.err, finished
    if json_too:
        assert [entry["url"] for entry in finished.objects] == [f"{server.url}/folder/good"]
    else:
        assert finished.out == "     3 B  good\n"


@pytest.mark.parametrize("verb", ["ls", "scrape", "verify"])
def test_the_fields_of_json_are_in_the_help(command, verb):
    finished = command(verb, "--help")

    assert finished.code == OK and '{"' in finished.out and "Examples:" in finished.out, finished


@pytest.mark.parametrize("words", [["scrape"], ["scrape", "quic://h"], ["scrape", "quic://h", "xyz"], ["ls"], ["ls", "http://h"]])
def test_wrong_words_are_wrong_usage(command, words):
    assert command(*words).code == USAGE
