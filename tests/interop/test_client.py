# SPDX-License-Identifier: MIT
"""torq as the client of foreign servers."""
import hashlib
import json
import signal

import pytest

from harness import peers, seed
from harness.nat import Nat
from harness.peers import spell
from harness.requests import HASH, OTHER_HASH

ANNOUNCED = {"url", "info_hash", "interval", "complete", "incomplete", "peers"}
FETCHED = {"url", "path", "bytes", "seconds", "sha256"}
OK, OTHER, NOT_FOUND, NETWORK, INTERRUPTED = 0, 1, 3, 4, 7


def trusted(server):
    return ("--pin", server.pin)


def announce(command, server, *words):
    finished = command("announce", server.url, *words, "--json", *trusted(server))
    assert finished.code == OK, finished
    return finished.objects


def test_get_fetches_every_file(command, foreign_server, root):
    urls = [f"{foreign_server.url}/{name}" for name in seed.SIZES]
    (command.folder / "got").mkdir()

    finished = command("get", *urls, "-o", "got", "--json", *trusted(foreign_server))

    assert finished.code == OK, finished
    assert [fetched["url"] for fetched in finished.objects] == urls
    for name, fetched in zip(seed.SIZES, finished.objects, strict=True):
        assert set(fetched) == FETCHED
        data = (command.folder / fetched["path"]).read_bytes()
        assert data == (root / name).read_bytes(), name
        assert (fetched["bytes"], fetched["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        assert fetched["seconds"] >= 0
    assert sorted(path.name for path in (command.folder / "got").iterdir()) == sorted(seed.SIZES)


def test_get_writes_where_it_is_told(command, foreign_server, root):
    finished = command("get", f"{foreign_server.url}/small.txt", "-o", "named", *trusted(foreign_server))

    assert finished.code == OK, finished
    assert (command.folder / "named").read_bytes() == (root / "small.txt").read_bytes()


def test_get_says_what_was_not_found_and_leaves_nothing(command, foreign_server):
    finished = command("get", f"{foreign_server.url}/absent.txt", *trusted(foreign_server))

    assert finished.code == NOT_FOUND, finished
    assert "absent.txt" in finished.err
    assert not list(command.folder.glob("absent*"))


def test_get_fetches_what_there_is_and_tells_of_the_rest(command, foreign_server, root):
    urls = [f"{foreign_server.url}/{name}" for name in ("small.txt", "absent.txt", "medium.bin")]

    finished = command("get", *urls, "--json", *trusted(foreign_server))

    assert finished.code == NOT_FOUND, finished
    for name in ("small.txt", "medium.bin"):
        assert (command.folder / name).read_bytes() == (root / name).read_bytes()


def test_get_decodes_the_path_once(command, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "sp ace 100% größe.txt").write_bytes(b"decoded")
    server = peers.start_quinn_server(tmp_path, tree)

    finished = command("get", f"{server.url}/sp%20ace%20100%25%20gr%C3%B6%C3%9Fe.txt", "-o", "here", *trusted(server))
    server.stop()

    assert finished.code == OK, finished
    assert (command.folder / "here").read_bytes() == b"decoded"


def test_a_swarm_lives_through_its_events(command, foreign_server):
    [first] = announce(command, foreign_server, HASH, "--port", 6001, "--left", 9, "--event", "started", "--uploaded", 1, "--downloaded", 2)
    [seeder] = announce(command, foreign_server, HASH, "--port", 6002, "--left", 0)
    [again] = announce(command, foreign_server, HASH, "--port", 6001, "--left", 0, "--event", "completed")
    [gone] = announce(command, foreign_server, HASH, "--port", 6002, "--left", 0, "--event", "stopped")

    assert set(first) == ANNOUNCED
    assert (first["url"], first["info_hash"], first["interval"]) == (foreign_server.url, HASH, 60)
    assert (first["complete"], first["incomplete"], first["peers"]) == (0, 1, [])
    assert (seeder["complete"], seeder["incomplete"]) == (1, 1)
    assert seeder["peers"] == [{"ip": "127.0.0.1", "port": 6001}]
    assert (again["complete"], again["incomplete"]) == (2, 0)
    assert (gone["complete"], gone["incomplete"]) == (1, 0)


def test_announce_takes_many_hashes(command, foreign_server):
    hashes = [HASH, OTHER_HASH, *(f"{number:040x}" for number in range(20))]

    answers = announce(command, foreign_server, *hashes, "--port", 6001, "--peer-id", "-ST0001-77", "--numwant", 5)

    assert [answer["info_hash"] for answer in answers] == hashes
    assert all(answer["incomplete"] + answer["complete"] == 1 for answer in answers)


def test_announce_is_readable_without_json(command, foreign_server):
    announce(command, foreign_server, HASH, "--port", 6001, "--left", 1)

    finished = command("announce", foreign_server.url, HASH, "--port", 6002, "--left", 0, *trusted(foreign_server))

    assert finished.code == OK, finished
    assert "127.0.0.1" in finished.out and "6001" in finished.out


def test_capabilities_of_a_server_that_has_none(command, foreign_server):
    """It answers UNKNOWN_REQUEST: told apart from a failure of the network."""
    finished = command("capabilities", foreign_server.url, *trusted(foreign_server))

    assert finished.code in (OK, OTHER), finished
    assert finished.out or finished.err


def test_capabilities_of_a_server_that_has_some(command, tmp_path, root):
    server = peers.start_quinn_server(tmp_path, root, "--capabilities")

    finished = command("capabilities", server.url, "--json", *trusted(server))
    server.stop()

    assert finished.code == OK, finished
    assert "file" in finished.out and "file_raw" not in finished.out


def test_a_file_is_fetched_from_a_server_that_has_some_capabilities(command, tmp_path, root):
    server = peers.start_quinn_server(tmp_path, root, "--capabilities")

    finished = command("get", f"{server.url}/medium.bin", *trusted(server))
    server.stop()

    assert finished.code == OK, finished
    assert (command.folder / "medium.bin").read_bytes() == (root / "medium.bin").read_bytes()


def test_a_server_that_wants_a_retry_is_served(command, tmp_path, root):
    server = peers.start_aioquic_server(tmp_path, root, "--retry")

    finished = command("get", f"{server.url}/small.txt", *trusted(server))
    server.stop()

    assert finished.code == OK, finished
    assert (command.folder / "small.txt").read_bytes() == (root / "small.txt").read_bytes()


def test_a_server_without_our_token_is_no_server_of_ours(command, tmp_path, root):
    server = peers.start_aioquic_server(tmp_path, root, "--alpn", "doq")

    finished = command("get", f"{server.url}/small.txt", *trusted(server), seconds=15)
    server.stop()

    assert finished.code in (OTHER, NETWORK), finished


@pytest.mark.parametrize("stack", sorted(peers.SERVERS))
def test_ipv6(command, tmp_path, root, stack):
    server = peers.SERVERS[stack](tmp_path, root, host="::1")

    finished = command("get", f"{server.url}/medium.bin", *trusted(server))
    server.stop()

    assert finished.code == OK, finished
    assert (command.folder / "medium.bin").read_bytes() == (root / "medium.bin").read_bytes()


def test_a_download_survives_a_nat_that_forgets(command, foreign_server, root):
    """Twice in its middle: what the server sends is lost until a sign of life from the client shows it the new address."""
    with Nat(foreign_server.address, forget_after=[500_000, 3_000_000]) as nat:
        finished = command("get", f"quic://{spell(nat.address)}/log.txt", *trusted(foreign_server))
        assert nat.has_forgotten

    assert finished.code == OK, finished
    assert (command.folder / "log.txt").read_bytes() == (root / "log.txt").read_bytes()


def test_a_server_that_is_not_there_is_a_matter_of_the_network(command):
    finished = command("get", "quic://127.0.0.1:9/small.txt", "--insecure", seconds=150)

    assert finished.code == NETWORK, finished
    assert "127.0.0.1" in finished.err


def test_the_interrupt_of_a_person_ends_it_cleanly(command, scripted):
    server = scripted([{"contains": '"file":', "answer": '{"data":[1,2,3', "end": False}])
    running = command.start("get", f"{server.url}/small.txt", *trusted(server))
    while "small.txt" not in server.process.line()["text"]:
        pass

    running.send_signal(signal.SIGINT)

    assert running.wait(20) == INTERRUPTED, running.describe()
    assert not running.faults(), running.describe()
    left = [path.name for path in command.folder.iterdir() if path.is_file() and not path.name.startswith("stderr.")]
    assert left == [], "a temporary file was left behind"


def test_it_asks_as_the_protocol_says(command, scripted):
    answer = {"interval": 60, "peers": [], "complete": 0, "incomplete": 1}
    server = scripted([{"contains": "info_hash", "answer": json.dumps(answer)}])

    finished = command("announce", server.url, HASH, "--port", 6881, "--left", 5, "--uploaded", 3, "--downloaded", 4, "--event", "started",
                       "--numwant", 7, "--peer-id", "-ST0001-42", *trusted(server))
    assert finished.code == OK, finished
    sent = json.loads(server.process.line()["text"])
    while "info_hash" not in sent:
        sent = json.loads(server.process.line()["text"])

    expected = {"info_hash": HASH, "peer_id": "-ST0001-42", "port": 6881, "uploaded": 3, "downloaded": 4, "left": 5, "event": "started",
                "numwant": 7}
    assert {name: sent.get(name) for name in expected} == expected
