# SPDX-License-Identifier: MIT
"""torq's own client against torq's own server: the verbs as people use them."""
import hashlib
import json
import os
import subprocess

import pytest

from harness import processes, seed, torq
from harness.requests import HASH, OTHER_HASH

OK, OTHER, USAGE, NOT_FOUND, NETWORK, TRUST_REFUSED, DISK = 0, 1, 2, 3, 4, 6, 8


@pytest.fixture
def ask(command, shared_server):
    """A verb with the server's pin."""
    return lambda verb, *words: command(verb, *words, "--pin", shared_server.pin)


def test_get_fetches_every_file(command, ask, shared_server, root):
    finished = ask("get", *(f"{shared_server.url}/{name}" for name in seed.SIZES), "--json")

    assert finished.code == OK, finished
    for name, fetched in zip(seed.SIZES, finished.objects, strict=True):
        assert set(fetched) == {"url", "path", "bytes", "seconds", "sha256"}
        data = (command.folder / name).read_bytes()
        assert data == (root / name).read_bytes()
        assert (fetched["bytes"], fetched["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


def test_get_replaces_what_was_there(command, ask, shared_server, root):
    (command.folder / "small.txt").write_bytes(b"old and much longer than the new one will be" * 10)

    assert ask("get", f"{shared_server.url}/small.txt").code == OK

    assert (command.folder / "small.txt").read_bytes() == (root / "small.txt").read_bytes()


def test_get_leaves_what_was_there_when_it_fails(command, ask, shared_server):
    (command.folder / "absent").write_bytes(b"old")

    assert ask("get", f"{shared_server.url}/absent").code == NOT_FOUND

    assert (command.folder / "absent").read_bytes() == b"old"


def test_get_of_a_file_in_a_folder(serve, command, tmp_path):
    tree = tmp_path / "tree"
    (tree / "folder").mkdir(parents=True)
    (tree / "folder" / "in side").write_bytes(b"inside")
    server = serve(root=tree)

    finished = command("get", f"{server.url}/folder/in%20side", "--pin", server.pin)

    assert finished.code == OK, finished
    assert (command.folder / "in side").read_bytes() == b"inside"


def test_announce_and_answer(command, ask, serve):
    server = serve("--interval", 33)
    for port, left in ((6001, 1), (6002, 0)):
        finished = command("announce", server.url, HASH, OTHER_HASH, "--port", port, "--left", left, "--json", "--pin", server.pin)
        assert finished.code == OK, finished

    assert [answer["info_hash"] for answer in finished.objects] == [HASH, OTHER_HASH]
    for answer in finished.objects:
        assert {name: value for name, value in answer.items() if name not in ("url", "info_hash")} == {
            "interval": 33, "complete": 1, "incomplete": 1, "peers": [{"ip": "127.0.0.1", "port": 6001}]}


def test_capabilities(ask, shared_server):
    finished = ask("capabilities", shared_server.url, "--json")

    assert finished.code == OK, finished
    [answer] = finished.objects
    assert {"announce", "file", "scrape", "file_range", "file_raw", "list"} <= set(answer["capabilities"])
    assert answer["limits"]["max_request_bytes"] == 64 * 1024


def test_the_default_port_may_be_left_out(command):
    """Nothing listens there in a test: that it is a matter of the network shows that the URL was taken."""
    assert command("get", "quic://127.0.0.99/small.txt", "--insecure").code == NETWORK


@pytest.mark.parametrize("words", [
    [], ["nonsense"], ["get"], ["get", "http://127.0.0.1/x"], ["get", "quic://"], ["get", "quic://127.0.0.1:99999/x"], ["get", "small.txt"],
    ["get", "quic://127.0.0.1:1/%zz"], ["get", "quic://127.0.0.1:1/"], ["get", "quic://[::1/x"], ["announce", "quic://127.0.0.1:1"],
    ["announce", "quic://127.0.0.1:1", "xyz", "--port", "1"], ["announce", "quic://127.0.0.1:1", HASH],
    ["announce", "quic://127.0.0.1:1", HASH, "--port", "0"], ["announce", "quic://127.0.0.1:1", HASH, "--port", "65536"],
    ["announce", "quic://127.0.0.1:1", HASH, "--port", "1", "--left", "-1"],
    ["announce", "quic://127.0.0.1:1", HASH, "--port", "1", "--event", "nonsense"],
    ["get", "quic://127.0.0.1:1/x", "--pin", "sha256:12"], ["get", "quic://127.0.0.1:1/x", "--pin", "md5:" + "ab" * 32],
    ["get", "quic://127.0.0.1:1/x", "--no-such-option"], ["capabilities"],
])
def test_wrong_words_are_wrong_usage(command, words):
    finished = command(*words)

    assert finished.code == USAGE, finished
    assert finished.err.startswith("torq: ") and not finished.out.strip(), finished


@pytest.mark.parametrize("words, said", [
    (["-o", "a", "-o", "b"], "torq: get: --output can be given once\n"),
    (["--pin", "-o", "x"], "torq: get: --pin: needs a value before -o\n"),
])
def test_wrong_usage_is_told_in_our_words(command, words, said):
    finished = command("get", "quic://127.0.0.1:1/x", *words)

    assert finished.code == USAGE and finished.err.startswith(said), finished


def test_names_cannot_steer_the_terminal(command, serve, tmp_path):
    name = "\x1b[31mred\u202egpj"
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / name).write_bytes(b"x")
    server = serve(root=tmp_path / "odd")
    url = f"{server.url}/%1b[31mred%E2%80%AEgpj"

    fetched = command("get", url, "--pin", server.pin)
    again = command("get", url, "-o", f"absent\u202e/{name}", "--pin", server.pin)

    assert fetched.code == OK and fetched.out.startswith("?[31mred?gpj: 1 bytes"), fetched
    assert again.code == DISK and "\x1b" not in again.err and "\u202e" not in again.err, again


@pytest.mark.parametrize("option, most", [
    ("--port", 2**16 - 1), ("--left", 2**64 - 1), ("--uploaded", 2**64 - 1), ("--downloaded", 2**64 - 1), ("--numwant", 2**63 - 1)])
def test_numbers_are_whole_decimal_and_in_their_range(command, option, most):
    port = [] if option == "--port" else ["--port", "1"]
    for wrong in [most + 1, 10**30, "010", "0x10", "1e3", "1.5", "1K", "-1", "+1", ""]:
        finished = command("announce", "quic://127.0.0.1:1", HASH, *port, f"{option}={wrong}", "--insecure")

        assert finished.code == USAGE, finished
        said = f"to {most}" if wrong != "" else "needs a value"
        assert option in finished.err and said in finished.err, finished


def test_the_largest_numbers_are_taken(command, ask, shared_server):
    finished = ask("announce", shared_server.url, "cd" * 20, "--port", 2**16 - 1, "--left", 2**64 - 1, "--uploaded", 2**64 - 1,
                   "--downloaded", 2**64 - 1, "--numwant", 2**63 - 1)

    assert finished.code == OK, finished


def test_a_pin_may_be_written_in_capitals(command, shared_server):
    finished = command("get", f"{shared_server.url}/small.txt", "--pin", shared_server.pin.upper())

    assert finished.code == OK, finished


@pytest.mark.parametrize("words", ["--help", "--version", "get --help"])
def test_help_that_nobody_got_is_a_failure(command, words):
    finished = processes.run(["bash", "-c", f'exec "$0" {words} >/dev/full', torq.binary()], command.folder, command.environment)

    assert finished.code == DISK and finished.err.startswith("torq: standard output"), finished


@pytest.mark.parametrize("verb", ["serve", "get", "announce", "capabilities"])
def test_every_verb_has_help(command, verb):
    finished = command(verb, "--help")

    assert finished.code == OK and "--json" in finished.out, finished


def test_the_exit_codes_are_in_the_help(command):
    finished = command("--help")

    assert finished.code == OK and "6" in finished.out and "refused" in finished.out


def test_an_unknown_certificate_is_refused(command, shared_server):
    finished = command("get", f"{shared_server.url}/small.txt")

    assert finished.code == TRUST_REFUSED, finished
    assert shared_server.pin in finished.err


@pytest.mark.parametrize("target", ["absent/folder/file", "plain/file"])
def test_a_disk_that_does_not_take_it(command, ask, shared_server, target):
    (command.folder / "plain").touch()

    finished = ask("get", f"{shared_server.url}/medium.bin", "-o", target)

    assert finished.code == DISK, finished


def test_a_file_too_large_for_the_disk_leaves_nothing(command, shared_server):
    """The nearest to a full disk that needs no rights: the shell's limit, whose signal must not end the command."""
    script = f'ulimit -f 100; exec "$0" get {shared_server.url}/medium.bin --pin {shared_server.pin}'

    finished = processes.run(["bash", "-c", script, torq.binary()], command.folder, command.environment)

    assert finished.code == DISK, finished
    assert not list(command.folder.glob("*medium*"))


def test_json_is_one_object_per_line_and_nothing_else(ask, shared_server):
    finished = ask("get", f"{shared_server.url}/small.txt", f"{shared_server.url}/data.json", "--json")

    assert finished.code == OK
    assert [json.loads(line)["bytes"] for line in finished.out.splitlines()] == [35, 39]


def test_key_exchange_is_made_by_libsodium():
    """The program's own multiplication comes before libhogweed's: docs/decisions/0011."""
    linked = subprocess.run([torq.binary(), "--version"], env={**os.environ, "LD_BIND_NOW": "1", "LD_DEBUG": "bindings"},
                            capture_output=True, text=True, check=True).stderr

    bound = [line for line in linked.splitlines() if "`nettle_curve25519_mul'" in line and "libgnutls" in line.split(" to ")[0]]
    assert len(bound) == 1 and f" to {torq.binary()} " in bound[0], bound
