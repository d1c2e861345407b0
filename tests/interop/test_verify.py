# SPDX-License-Identifier: MIT
"""torq verify against torq, against foreign servers without extensions, and against servers that lie."""
import json
import os
import shutil
import signal

import pytest

from harness import seed

OK, USAGE, NETWORK, VERIFICATION_FAILED, TRUST_REFUSED, INTERRUPTED = 0, 2, 4, 5, 6, 7


@pytest.fixture
def reference(root, tmp_path):
    """A copy of the six files that a test may change."""
    folder = tmp_path / "reference"
    shutil.copytree(root, folder)
    return folder


def verify(command, server, reference, *words, url=None):
    finished = command("verify", url or server.url, "--reference", reference, "--json", "--pin", server.pin, *words)
    assert [path.name for path in command.folder.iterdir() if path.name != "state"] == [], "it wrote something"
    *files, last = finished.objects
    for told in files:
        assert set(told) == {"file", "result", "bytes", "seconds", "reason"}, told
        assert (told["reason"] == "") == (told["result"] == "OK"), told
    results = [told["result"] for told in files]
    assert last == {"summary": {name.lower(): results.count(name) for name in ("OK", "RETRY", "FAIL", "WARN")}}
    finished.results = {told["file"]: told["result"] for told in files}
    finished.files = files
    return finished


def single(folder, data=bytes(range(100))):
    folder.mkdir()
    (folder / "f").write_bytes(data)
    return folder


def test_a_sound_server_is_ok(command, foreign_server, root):
    finished = verify(command, foreign_server, root)

    assert finished.code == OK, finished
    assert finished.results == dict.fromkeys(sorted(seed.SIZES), "OK")
    assert {told["file"]: told["bytes"] for told in finished.files} == seed.SIZES


def test_torq_is_ok(command, server, root):
    finished = verify(command, server, root, "--parallel", 1)

    assert finished.code == OK, finished
    assert finished.results == dict.fromkeys(sorted(seed.SIZES), "OK")


def test_people_read_lines(command, server, root):
    finished = command("verify", server.url, "--reference", root, "--pin", server.pin)

    assert finished.code == OK, finished
    assert finished.out.splitlines()[0].startswith("OK     data.json: 39 bytes in ")
    assert finished.out.splitlines()[-1] == "6 OK, 0 RETRY, 0 FAIL, 0 WARN"


@pytest.mark.parametrize("foreign_server", ["quinn"], indirect=True)
def test_each_difference_is_a_fail(command, foreign_server, reference):
    (reference / "small.txt").write_bytes(b"x" * seed.SIZES["small.txt"])
    large = bytearray((reference / "large.bin").read_bytes())
    large[-1] ^= 1
    (reference / "large.bin").write_bytes(large)
    (reference / "data.json").write_bytes(b"shorter")
    (reference / "medium.bin").write_bytes((reference / "medium.bin").read_bytes() + b"!")
    (reference / "only_here").write_bytes(b"")

    finished = verify(command, foreign_server, reference)

    assert finished.code == VERIFICATION_FAILED, finished
    assert finished.results == {"data.json": "FAIL", "hello_world.txt": "OK", "large.bin": "FAIL", "log.txt": "OK",
                                "medium.bin": "FAIL", "only_here": "FAIL", "small.txt": "FAIL"}
    reasons = {told["file"]: told["reason"] for told in finished.files}
    assert "sha256" in reasons["small.txt"] and "than the 7 of the reference" in reasons["data.json"] and "FILE_NOT_FOUND" in reasons["only_here"]


def test_what_only_the_server_lists_is_a_warning(command, server, reference):
    (reference / "log.txt").unlink()

    finished = verify(command, server, reference)

    assert finished.code == OK, finished
    assert finished.results["log.txt"] == "WARN" and list(finished.results.values()).count("OK") == 5


def test_folders_are_compared_below_the_url(serve, command, tmp_path):
    tree = tmp_path / "tree"
    (tree / "folder" / "sub").mkdir(parents=True)
    (tree / "folder" / "sub" / "ü x").write_bytes(b"inside")
    (tree / "folder" / "more").write_bytes(b"more")
    server = serve(root=tree)
    (tree / "elsewhere").write_bytes(b"")

    whole = verify(command, server, tree / "folder", url=f"{server.url}/folder")
    part = verify(command, server, tree / "folder" / "sub", url=f"{server.url}/folder/sub/")

    assert whole.results == {"more": "OK", "sub/ü x": "OK"} and part.results == {"ü x": "OK"}


def test_a_reference_that_cannot_be_read_is_a_warning(command, server, reference, tmp_path):
    (reference / "small.txt").unlink()
    (reference / "small.txt").symlink_to(tmp_path / "nowhere")
    (reference / "bad\udcff").write_bytes(b"")
    (reference / "link").symlink_to(tmp_path / "nowhere")
    os.mkfifo(reference / "pipe")
    (reference / "folder").symlink_to(tmp_path)

    finished = verify(command, server, reference)

    assert finished.code == OK, finished
    assert sorted(finished.results.values()) == ["OK"] * 5 + ["WARN"] * 4
    assert finished.results["link"] == finished.results["pipe"] == "WARN" and "folder" not in finished.results


CAN_RAW = {"contains": "capabilities", "answer": json.dumps({"version": 1, "capabilities": ["file", "file_raw"], "limits": {}})}
DATA = bytes(range(100))


def listed(data=DATA, **members):
    return json.dumps({"data": list(data), "filename": "f", "size": len(data), **members})


def raw(data=DATA, **members):
    return (json.dumps({"filename": "f", "size": len(data), "offset": 0, "length": len(data), **members}).encode() + b"\n" + data).hex()


def endless():
    return (json.dumps({"filename": "f", "size": 2**62, "offset": 0, "length": 2**62}).encode() + b"\n").hex()


@pytest.mark.parametrize("rules, verdict", [
    ([{"answer": listed()}], "OK"),
    ([{"answer": listed()[:-10]}], "FAIL"),
    ([{"answer": listed()[:50]}], "FAIL"),
    ([{"answer": listed() + "x"}], "FAIL"),
    ([{"answer": listed(DATA + b"x")}], "FAIL"),
    ([{"answer": listed(DATA[:-1])}], "FAIL"),
    ([{"answer": listed(DATA[::-1])}], "FAIL"),
    ([{"answer": listed(size=99)}], "FAIL"),
    ([{"answer": "no JSON"}], "FAIL"),
    ([{"answer": ""}], "FAIL"),
    ([{"answer": '{"error": "disk", "code": "FILE_READ_ERROR"}'}], "FAIL"),
    ([{"answer": '{"error": "later", "code": "RATE_LIMITED"}'}], "RETRY"),
    ([{"answer": '{"data":[1,2', "reset": 7}], "FAIL"),
    ([{"close": 0}], "RETRY"),
    ([{"close": 9}], "RETRY"),
    ([CAN_RAW, {"hex": raw()}], "OK"),
    ([CAN_RAW, {"hex": raw()[:-2]}], "FAIL"),
    ([CAN_RAW, {"hex": raw() + "00"}], "FAIL"),
    ([CAN_RAW, {"hex": raw(size=101)}], "FAIL"),
    ([CAN_RAW, {"hex": raw(sha256="00" * 32)}], "FAIL"),
    ([CAN_RAW, {"close": 0}], "RETRY"),
    ([CAN_RAW, {"hex": endless(), "flood": "x" * 60_000}], "FAIL"),
    ([{"answer": '{"data":[1', "flood": ",1" * 30_000}], "FAIL"),
    ([{"answer": '{"data":[', "flood": " " * 60_000}], "FAIL"),
    ([{"answer": '{"data":[' + "1" * 1000, "flood": "1" * 60_000}], "FAIL"),
])
def test_a_server_that_lies_or_goes(command, scripted, tmp_path, rules, verdict):
    server = scripted([{"contains": '"file":', **rule} for rule in rules])

    finished = verify(command, server, single(tmp_path / "reference"))

    assert finished.results == {"f": verdict}, finished
    assert finished.code == {"OK": OK, "FAIL": VERIFICATION_FAILED, "RETRY": NETWORK}[verdict], finished


def test_a_list_of_names_without_end_ends(command, scripted, tmp_path):
    server = scripted([{"contains": "capabilities", "answer": json.dumps({"version": 1, "capabilities": ["file", "list"], "limits": {}})},
                       {"contains": '"list":', "pages": 60_000, "type": "folder"}, {"contains": '"file":', "answer": listed()}])

    finished = verify(command, server, single(tmp_path / "reference"))

    assert finished.code == OK and "more than 100000 names" in finished.err, finished


def test_a_server_that_is_not_there_is_a_retry(command, tmp_path):
    class Nobody:
        url, pin = "quic://127.0.0.1:9", "sha256:" + "00" * 32

    finished = verify(command, Nobody, single(tmp_path / "reference"))

    assert finished.code == NETWORK and finished.results == {"f": "RETRY"}, finished


def test_a_fail_weighs_more_than_a_retry(command, scripted, tmp_path):
    server = scripted([{"contains": '"file":"f"', "answer": "no JSON"}, {"contains": '"file":"g"', "close": 9}])
    folder = single(tmp_path / "reference")
    (folder / "g").write_bytes(b"")

    finished = verify(command, server, folder, "--parallel", 1)

    assert finished.code == VERIFICATION_FAILED and finished.results == {"f": "FAIL", "g": "RETRY"}, finished


def test_the_interrupt_of_a_person_ends_it_with_what_is_known(command, scripted, tmp_path):
    server = scripted([{"contains": '"file":"f"', "answer": listed()}, {"contains": '"file":"g"', "answer": "{", "end": False}])
    folder = single(tmp_path / "reference")
    (folder / "g").write_bytes(b"")
    running = command.start("verify", server.url, "--reference", folder, "--json", "--pin", server.pin, "--parallel", 1)
    assert running.line()["result"] == "OK"

    running.send_signal(signal.SIGINT)

    assert running.line() == {"summary": {"ok": 1, "retry": 0, "fail": 0, "warn": 0}}
    assert running.wait() == INTERRUPTED and not running.faults(), running.describe()
    assert "torq: interrupted: 1 of 2 files" in running.stderr


def test_another_key_ends_it(command, foreign_server, root):
    finished = command("verify", foreign_server.url, "--reference", root, "--pin", "sha256:" + "00" * 32)

    assert finished.code == TRUST_REFUSED, finished
    assert "OK" not in finished.out and finished.err.count("certificate") == 1, finished


@pytest.mark.parametrize("make", [lambda folder: None, lambda folder: folder.mkdir(), lambda folder: folder.write_text("a file")])
def test_a_reference_without_files_is_wrong_usage(command, tmp_path, make):
    make(tmp_path / "reference")

    assert command("verify", "quic://127.0.0.1:9", "--reference", tmp_path / "reference").code == USAGE
