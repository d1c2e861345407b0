# SPDX-License-Identifier: MIT
"""A server that somebody else looks after: what it logs, what it says when asked, what a service manager hears of it."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import time

import pytest

from harness import h3, processes, torq, udp, web
from harness.requests import announce, file

LISTEN = ["--listen", "127.0.0.1:0"]
UNIT = pathlib.Path(__file__).parents[2] / "deploy" / "torq.service"


def until(condition, server=None, seconds=30):
    """What `condition` returns once that is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, server.process.describe() if server else "too late"
        time.sleep(0.02)
    return found


def log_lines(server):
    return [json.loads(line) for line in server.process.stderr.splitlines()]


def status(command, server):
    finished = command("status", "--state", server.state, "--json")
    assert finished.code == 0, finished
    return finished.objects[0]


def test_a_failed_connection_has_a_line_with_its_reason(serve, aioquic):
    server = serve("--log-format", "json")

    assert aioquic.refusal(server.address, ["unknown"])

    [line] = until(lambda: [line for line in log_lines(server) if line["message"] == "connection failed"], server)
    assert (line["level"], line["reason"]) == ("info", "no_application_protocol")
    assert line["from"].startswith("127.0.0.1:") and line["code"] == 0x178 and line["time"].endswith("Z")


def test_peers_make_few_lines_and_the_others_are_counted(serve, aioquic):
    server = serve("--log-format", "json", "--workers", 1)
    for _ in range(12):
        aioquic.refusal(server.address, ["unknown"])

    server.finish()

    [rest] = [line for line in log_lines(server) if line["message"].startswith("and ")]
    assert len([line for line in log_lines(server) if line["message"] == "connection failed"]) == 5
    assert (rest["message"], rest["reason"], rest["more"]) == ("and 7 more", "no_application_protocol", 7)


def test_the_level_of_the_log_is_obeyed_and_reloaded(serve, aioquic, tmp_path):
    config = tmp_path / "torq.toml"
    config.write_text('log_level = "error"\n')
    server = serve("--config", config)
    aioquic.refusal(server.address, ["unknown"])
    config.write_text('log_level = "debug"\n')
    server.process.send_signal(signal.SIGHUP)
    until(lambda: " info reloaded pin=sha256:" in server.process.stderr, server)

    aioquic.ask(server.address, file("small.txt"))

    until(lambda: "debug connection ended" in server.process.stderr, server)
    assert "connection failed" not in server.process.stderr


@pytest.mark.parametrize("words", [["--log-format", "xml"], ["--log-level", "loud"]])
def test_an_unknown_word_is_answered_with_the_known_ones(command, root, words):
    finished = command("serve", "--root", root, *LISTEN, *words, seconds=30)

    assert finished.code == 2 and words[1] in finished.err and ("json" in finished.err or "debug" in finished.err)


def test_status_counts_what_was_asked(serve, command, client, root):
    server = serve("--workers", 2)
    client.ask(server.address, announce(6881, left=0), announce(6882, left=1), file("small.txt"), file("absent"), b"nonsense")

    said = status(command, server)

    assert (said["process"], said["swarms"], said["peers"]) == (server.process.pid, 1, 2)
    assert said["requests"] == {"announce": 2, "file": 2, "capability": 0, "scrape": 0, "list": 0, "not_understood": 1}
    assert {entry["code"]: entry["count"] for entry in said["errors"]} == {"FILE_NOT_FOUND": 1, "INVALID_JSON": 1}
    assert 0 < said["memory"]["resident"] <= said["memory"]["peak"] and said["memory"]["limit"] > 0
    assert 0 < said["open_files"]["count"] < said["open_files"]["limit"]
    assert [worker["worker"] for worker in said["workers"]] == [0, 1] and all(worker["answers"] for worker in said["workers"])
    assert sum(worker["requests"] for worker in said["workers"]) == 5
    assert said["requests_per_second"] > 0


def test_status_counts_every_door(serve, command, aioquic):
    server = serve("--workers", 2)
    with web.Connection(server.address) as connection:
        for path in (f"/announce?info_hash={'h' * 20}&peer_id=-TQ0001-abcdefghijkl&port=6881", "/announce", "/files/small.txt", "/absent"):
            connection.ask(path)
        connection.send(b"nonsense\r\n\r\n")
        assert connection.hear().status == 400
    with udp.Tracker(server.address) as tracker:
        tracker.connect()
        tracker.announce(b"h" * 20, port=6882)
        tracker.scrape(b"h" * 20)
        tracker.send(b"\0" * 98)
        tracker.connect()
    with contextlib.closing(h3.Door(server.address)) as door:
        assert door.ask("/files/small.txt").status == 200
    assert aioquic.refusal(server.address, ["unknown"])

    said = until(lambda: (now := status(command, server))["udp"]["ignored"] and now, server)

    assert said["http1"] == {"announce": 2, "scrape": 0, "files": 1, "other": 1, "not_understood": 1, "failures": 3}
    assert said["http3"] == {"announce": 0, "scrape": 0, "files": 1, "other": 0, "not_understood": 0, "failures": 0}
    assert said["udp"] == {"connect": 2, "announce": 1, "scrape": 1, "not_understood": 0, "ignored": 1}
    assert sum(worker["requests"] for worker in said["workers"]) == 5 + 1 + 4
    assert said["quic"]["accepted"] == 2 and said["quic"]["established"] == 1 and said["quic"]["bytes_out"] > 1200
    drops = {entry["reason"]: entry["count"] for entry in said["drops"]}
    assert drops["no_application_protocol"] == 1 and drops["udp_ignored"] == 1
    assert 1 <= sum(entry["count"] for entry in said["closed"]) <= 2
    assert said["memory"]["store"] > 0 and (said["swarms"], said["peers"]) == (1, 2)


def test_status_for_people(serve, command):
    server = serve()

    finished = command("status", "--state", server.state)

    assert finished.code == 0, finished
    assert f"process {server.process.pid}" in finished.out and "worker 0" in finished.out


def test_only_the_owner_can_ask(serve):
    assert stat.S_IMODE((serve().state / "status.sock").stat().st_mode) == 0o600


def test_without_a_server_there_is_no_status(command, tmp_path):
    finished = command("status", "--state", tmp_path)

    assert finished.code == 3 and str(tmp_path) in finished.err, finished


def test_a_server_that_was_killed_leaves_nothing_in_the_way(serve, command):
    first = serve()
    first.process.kill()
    first.finish = lambda: None
    assert command("status", "--state", first.state).code == 3

    second = serve(state=first.state)

    assert status(command, second)["process"] == second.process.pid


def test_a_long_state_directory_has_a_status_too(serve, command, tmp_path):
    server = serve(state=tmp_path / ("long" * 40))

    assert status(command, server)["process"] == server.process.pid


def test_who_asks_and_does_not_read_keeps_nobody_waiting(serve, command):
    server = serve()
    with socket.socket(socket.AF_UNIX) as silent:
        folder = os.open(server.state, os.O_PATH)
        silent.connect(f"/proc/self/fd/{folder}/status.sock")
        os.close(folder)

        assert status(command, server)


def test_closed_and_full_outputs_are_noticed(command, root):
    """A server that cannot say that it is ready ends; one whose log nobody takes goes on. All at once, for each takes its time."""
    def run(redirection):
        state = command.folder / redirection.replace("/", "")
        words = [torq.binary(), "serve", "--json", "--root", root, "--state", state, *LISTEN]
        script = f'''"$0" "$@" {redirection} & child=$!
            until [ -S '{state}/status.sock' ] || [ ! -e /proc/$child/exe ]; do sleep 0.1; done
            kill $child 2>/dev/null; wait $child'''
        return processes.run(["bash", "-c", script, *words], command.folder, command.environment, 30)

    expected = {">&-": (8, "ready line"), ">/dev/full": (8, "ready line"), "2>&-": (0, ""), "2>/dev/full": (0, "")}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for (code, said), finished in zip(expected.values(), pool.map(run, expected)):
            assert finished.code == code and said in finished.err, finished


def full_pipe():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    return reading, writing


def test_a_reader_that_has_stopped_holds_up_nothing(command, root, aioquic):
    """Standard error is full and stays full: connections are served, the status told, lines lost are counted."""
    reading, writing = full_pipe()
    state = command.folder / "state"
    argv = [torq.binary(), "serve", "--json", "--root", root, "--state", state, *LISTEN]
    server = subprocess.Popen([str(word) for word in argv], stdout=subprocess.PIPE, stderr=writing, text=True)
    try:
        ready = json.loads(server.stdout.readline())
        address = ("127.0.0.1", ready["listen"][0]["port"])
        assert aioquic.refusal(address, ["unknown"])
        assert json.loads(aioquic.ask(address, file("small.txt"))[0])["size"] == 35

        def lost():
            [said] = command("status", "--state", state, "--json").objects
            return {"reason": "log_lines", "count": 1} in said["drops"]
        until(lost)
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
        os.close(reading)
        os.close(writing)


@pytest.fixture(scope="module", autouse=True)
def unheard(tmp_path_factory, root):
    """A server whose ready line nobody takes. It waits for some seconds: meanwhile the other tests run."""
    reading, writing = full_pipe()
    argv = [torq.binary(), "serve", "--json", "--root", root, "--state", tmp_path_factory.mktemp("unheard"), *LISTEN]
    with subprocess.Popen([str(word) for word in argv], stdout=writing, stderr=subprocess.PIPE, text=True) as server:
        yield server
        server.kill()
    os.close(reading)
    os.close(writing)


def test_every_line_is_json_when_that_is_asked_for(serve, command, root, aioquic, tmp_path):
    """Of a whole life: warnings at start and of a reload, failed connections, an end at once; and a start that fails."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    for name in ("keys", "swarms"):
        (state / name).write_text("broken")
    config = tmp_path / "torq.toml"
    config.write_text("interval = 5\n")
    server = serve("--log-format", "json", "--config", config, "--drain", 60, "--workers", 1, state=state)
    server.finish = lambda: None
    config.write_text("snapshot_interval = 5\n")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: '"reloaded"' in server.process.stderr, server)
    config.write_text("nonsense = 5\n")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "nothing was reloaded" in server.process.stderr, server)
    aioquic.refusal(server.address, ["unknown"])
    busy = command("serve", "--log-format", "json", "--root", root, "--state", state, *LISTEN)
    with half_a_request(server):
        server.process.send_signal(signal.SIGTERM)
        until(lambda: not is_ready(server), server)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait() == 7

    lines = log_lines(server)
    assert {line["level"] for line in lines} == {"warning", "info"} and all(line["time"] and line["message"] for line in lines)
    assert len([line for line in lines if "swarms.bad" in line["message"] or "keys" in line["message"]]) == 2, lines
    assert "second signal" in lines[-1]["message"]
    [line] = [json.loads(line) for line in busy.err.splitlines()]
    assert busy.code == 1 and line["level"] == "error" and str(state) in line["message"]


@contextlib.contextmanager
def half_a_request(server):
    """Which a server that ends waits for, as long as --drain says."""
    with web.Connection(server.address) as connection:
        connection.send(b"GET /healthz HTTP/1.1\r\n")
        assert is_ready(server)  # and what was sent before it was read
        yield connection


def is_ready(server):
    """False from the moment at which it was told to end: it accepts no more."""
    try:
        with web.Connection(server.address) as connection:
            return connection.ask("/readyz").status == 200
    except (ConnectionError, AssertionError):
        return False


@pytest.mark.parametrize("first, second", [(signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM)])
def test_a_second_signal_ends_it_at_once_and_says_so(serve, first, second):
    server = serve("--drain", 60, "--workers", 1)
    server.finish = lambda: None
    with half_a_request(server):
        server.process.send_signal(first)
        until(lambda: not is_ready(server), server)
        began = time.monotonic()
        server.process.send_signal(second)

        assert server.process.wait() == 7
    assert time.monotonic() - began < 5
    assert "warning a second signal ends this at once" in server.process.stderr


def test_a_second_signal_finds_no_default_action_while_it_is_torn_down(command, root, aioquic):
    """Which takes a second here: its lines have no reader. A hangup meanwhile means nothing."""
    reading, writing = full_pipe()
    state = command.folder / "state"
    argv = [torq.binary(), "serve", "--json", "--root", root, "--state", state, *LISTEN]
    server = subprocess.Popen([str(word) for word in argv], stdout=subprocess.PIPE, stderr=writing, text=True)
    try:
        address = ("127.0.0.1", json.loads(server.stdout.readline())["listen"][0]["port"])
        for _ in range(4):
            assert aioquic.refusal(address, ["unknown"])
        server.send_signal(signal.SIGTERM)
        until(lambda: not (state / "status.sock").exists())
        server.send_signal(signal.SIGHUP)
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0, "all was answered"
    finally:
        server.kill()
        os.close(reading)
        os.close(writing)


class Systemd:
    """What a service manager hears: the datagrams on the socket of $NOTIFY_SOCKET."""

    def __init__(self, name):
        self.name = name
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + name[1:] if name.startswith("@") else name)
        self._socket.settimeout(30)

    def next(self):
        """A message, as a dictionary."""
        return dict(line.split("=", 1) for line in self._socket.recv(4096).decode().splitlines())

    def hears(self, wanted):
        """The first message with this. What comes before is skipped."""
        while wanted not in (said := self.next()):
            pass
        return said


@pytest.fixture(params=["path", "abstract"])
def systemd(request, tmp_path):
    return Systemd(str(tmp_path / "n") if request.param == "path" else f"@torq-test-{os.getpid()}")


def test_a_service_manager_hears_of_everything(serve, systemd):
    server = serve(before=["env", f"NOTIFY_SOCKET={systemd.name}", "WATCHDOG_USEC=600000"])
    assert systemd.hears("READY")["READY"] == "1"
    for _ in range(2):
        assert systemd.hears("WATCHDOG") == {"WATCHDOG": "1"}

    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    server.process.send_signal(signal.SIGHUP)
    reloading = systemd.hears("RELOADING")
    assert before <= int(reloading["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert server.pin in systemd.hears("READY")["STATUS"]

    server.process.send_signal(signal.SIGTERM)
    assert int(systemd.hears("STOPPING")["EXTEND_TIMEOUT_USEC"]) > 5_000_000
    assert server.process.wait() == 0


def test_a_watchdog_of_another_process_is_not_ours(serve, tmp_path):
    systemd = Systemd(str(tmp_path / "n"))
    server = serve(before=["env", f"NOTIFY_SOCKET={systemd.name}", "WATCHDOG_USEC=30000", "WATCHDOG_PID=1"])
    systemd.hears("READY")
    time.sleep(0.3)  # ten of its periods

    server.process.send_signal(signal.SIGTERM)

    assert list(systemd.next())[0] == "STOPPING"
    assert server.process.wait() == 0


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_systemd_finds_its_unit_right_and_safe(tmp_path):
    text = UNIT.read_text()
    here = tmp_path / UNIT.name
    here.write_text(text.replace("/usr/bin/torq", str(torq.binary())).replace("Documentation=man:torq-serve(1)\n", ""))

    for words in (["verify"], ["security", "--offline=yes", "--threshold=20"]):
        finished = processes.run(["systemd-analyze", *words, here], tmp_path)
        assert finished.code == 0 and (words != ["verify"] or not finished.err), finished


def test_the_secrets_of_clients_are_logged_for_their_owner_alone(serve, command):
    """With $SSLKEYLOGFILE, in the form of Wireshark; never those of a server."""
    served = command.folder / "served"
    server = serve(before=["env", f"SSLKEYLOGFILE={served}"])
    keys = command.folder / "keys"
    command.environment["SSLKEYLOGFILE"] = str(keys)

    for _ in range(2):
        assert command("capabilities", server.url, "--pin", server.pin).code == 0

    labels = [line.split()[0] for line in keys.read_text().splitlines()]
    assert labels.count("CLIENT_TRAFFIC_SECRET_0") == labels.count("SERVER_TRAFFIC_SECRET_0") == 2
    assert keys.stat().st_mode & 0o777 == 0o600 and not served.exists()


def test_a_full_standard_output_ends_it(unheard):
    _, said = unheard.communicate(timeout=30)

    assert unheard.returncode == 8 and "ready line" in said
