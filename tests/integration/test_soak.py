# SPDX-License-Identifier: MIT
"""`torq soak`: what it counts, what it calls a fault, and that a server's restart is none."""
import json
import signal

import pytest

from harness import torq


def soak(command, server, reference, *words, seconds=2):
    return command("soak", server.url, "--reference", reference, "--seconds", seconds, "--pin", server.pin, *words)


def summary(finished):
    return finished.objects[-1]["summary"]


def test_a_sound_server_passes(command, server, root):
    finished = soak(command, server, root, "--state", server.state, "--json")

    assert finished.code == 0, finished
    said = summary(finished)
    assert (said["retry"], said["fail"], said["warn"], said["reconnects"]) == (0, 0, 0, 0)
    assert said["ok"] == said["announces"]["ok"] + said["downloads"]["ok"] and said["downloads"]["ok"] > 0 < said["announces"]["ok"]
    assert said["bytes"] > 0 and said["seconds"] >= 2
    for deed in (said["announces"], said["downloads"]):
        assert 0 < deed["p50"] <= deed["p90"] <= deed["p99"] <= deed["longest"]
    assert 0 < said["server"]["memory_first"] <= said["server"]["memory_peak"]


def test_a_wrong_byte_is_a_failure(command, server, root, tmp_path):
    """Of the same length, in the middle of a large file."""
    reference = tmp_path / "reference"
    reference.mkdir()
    data = bytearray((root / "medium.bin").read_bytes())
    data[len(data) // 2] ^= 1
    (reference / "medium.bin").write_bytes(data)

    finished = soak(command, server, reference, "--json")

    assert finished.code == 5, finished
    assert summary(finished)["fail"] == summary(finished)["downloads"]["fail"] > 0
    fault = finished.objects[0]
    assert (fault["result"], fault["operation"], fault["subject"]) == ("FAIL", "download", "medium.bin")
    assert "sha256" in fault["reason"]


def test_a_table_for_people(command, server, root):
    finished = soak(command, server, root, seconds=1)

    assert finished.code == 0 and "announces" in finished.out and "reconnects" in finished.out, finished


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_is_no_failure(command, tmp_path, root, number):
    """On the same port with the same state: soak goes on by itself."""
    (tmp_path / "server").mkdir()
    server = torq.Server(tmp_path / "server", root, "--drain", 1)
    port = server.address[1]
    running = command.start("soak", server.url, "--reference", root, "--seconds", 8, "--pin", server.pin, "--json",
                            "--state", server.state)
    try:
        while not command("status", "--state", server.state, "--json").objects[0]["connections"]:
            assert running.running, running.describe()
        server.process.stop(number)
        server = torq.Server(tmp_path / "server", root, listen=[f"127.0.0.1:{port}"], state=server.state)

        assert running.wait(60) == 0, running.describe()
        *_, last = running.rest()
    finally:
        running.kill()
        server.finish()

    said = json.loads(last)["summary"]
    assert said["fail"] == 0 and said["reconnects"] >= 1 and said["ok"] > 0


def test_without_a_server_nothing_is_ok(command, root):
    finished = command("soak", "quic://127.0.0.1:1", "--reference", root, "--seconds", 2, "--insecure", "--json", seconds=60)

    assert finished.code == 4, finished


def test_downloads_that_never_end_are_not_fine(command, scripted, tmp_path):
    reply = {"interval": 60, "complete": 9, "incomplete": 9, "peers": [], "external_ip": "127.0.0.1"}
    server = scripted([{"contains": '"file":', "answer": '{"data":[', "end": False},
                       {"contains": "info_hash", "answer": json.dumps(reply)}])
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "a").write_bytes(bytes(100))

    finished = soak(command, server, tmp_path / "reference", "--parallel", 2, "--json")

    assert finished.code == 4, finished
    said = summary(finished)
    assert said["announces"]["ok"] > 0 and (said["downloads"]["ok"], said["downloads"]["retry"]) == (0, 2), finished
    assert "still under way" in finished.objects[0]["reason"]


@pytest.mark.parametrize("words", [["--hours", 1, "--seconds", 1], ["--seconds", 0], ["--reference", "absent"]])
def test_wrong_words_are_wrong_usage(command, root, words):
    reference = [] if "--reference" in words else ["--reference", root]

    assert command("soak", "quic://127.0.0.1:1", *reference, *words).code == 2
