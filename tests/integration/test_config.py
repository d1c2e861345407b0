# SPDX-License-Identifier: MIT
"""The settings of `torq serve`: where they come from, which place wins, and what SIGHUP changes."""
import json
import signal
import time

import pytest

from harness import web
from harness.certificates import Authority
from harness.requests import announce, file

CAPABILITIES = {"capabilities": ["announce"], "version": 1}


def interval(aioquic, server):
    [answer] = aioquic.ask(server.address, CAPABILITIES)
    return json.loads(answer)["limits"]["interval"]


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "torq.toml"
        path.write_text(text)
        return path
    return write


def wait_for(server, text):
    deadline = time.monotonic() + 30
    while text not in server.process.stderr:
        assert time.monotonic() < deadline, server.process.describe()
        time.sleep(0.01)


def test_the_template_is_a_configuration(command, config):
    template = command("config", "template")
    assert template.code == 0 and "interval = 60" in template.out

    checked = command("config", "check", config(template.out))

    assert (checked.code, checked.err) == (0, "")


def test_a_configuration_that_is_wrong_is_refused_with_its_line(command, config, root):
    path = config("root = \"/\"\n\nintervall = 60\n")

    for words in (["config", "check", path], ["serve", "--config", path, "--root", root, "--listen", "127.0.0.1:0"]):
        finished = command(*words, seconds=30)
        assert finished.code == 2 and finished.out == "", finished
        assert f"{path}:3" in finished.err and "did you mean `interval`?" in finished.err


def test_a_configuration_that_names_what_is_not_there_is_refused_with_its_line(command, config, tmp_path, root):
    made = Authority(tmp_path, "one").issue("server")
    for text, line, word in (
            (f'interval = 60\nroot = "{tmp_path}/absent"\n', 2, "absent"),
            (f'cert = "{made.cert}"\n', 1, "cert and key belong together"),
            (f'key = "{made.key}"\n\ncert = "{tmp_path}/absent.pem"\n', 3, "absent.pem"),
            (f'cert = "{made.cert}"\nkey = "{tmp_path}/absent.pem"\n', 2, "absent.pem"),
            (f'cert = "{made.key}"\nkey = "{made.key}"\n', 1, "server")):
        path = config(text)
        finished = command("config", "check", path)
        assert finished.code == 2 and finished.out == "", finished
        assert finished.err.startswith(f"torq: {path}:{line}: ") and word in finished.err, finished

    sound = config(f'root = "{root}"\ncert = "{made.cert}"\nkey = "{made.key}"\n')
    assert command("config", "check", sound).code == 0


def test_a_configuration_that_is_not_there_is_named(command, tmp_path):
    finished = command("config", "check", tmp_path / "absent.toml")

    assert finished.code == 2
    assert str(tmp_path / "absent.toml") in finished.err


def test_flag_beats_environment_beats_file_beats_default(serve, aioquic, config):
    path = config("interval = 100\n")
    with_variable = {"before": ("env", "TORQ_INTERVAL=200")}

    assert interval(aioquic, serve()) == 60
    assert interval(aioquic, serve("--config", path)) == 100
    assert interval(aioquic, serve("--config", path, **with_variable)) == 200
    assert interval(aioquic, serve("--config", path, "--interval", 300, **with_variable)) == 300


def test_a_wrong_environment_is_named(command, root):
    command.environment["TORQ_INTERVAL"] = "soon"

    finished = command("serve", "--root", root, "--listen", "127.0.0.1:0", seconds=30)

    assert finished.code == 2 and "TORQ_INTERVAL" in finished.err


def test_a_hangup_takes_a_new_certificate_and_leaves_connections_alone(serve, client, tmp_path):
    authority = Authority(tmp_path)
    first, second = authority.issue("first"), authority.issue("second")
    server = serve(*first.options)

    def renew():
        first.cert.write_bytes(second.cert.read_bytes())
        first.key.write_bytes(second.key.read_bytes())
        server.process.send_signal(signal.SIGHUP)
        wait_for(server, second.pin)
    before, after = client.ask(server.address, file("hello_world.txt"), file("hello_world.txt"), between=renew)

    assert after == before
    assert client.pin(server.address) == second.pin


def test_a_hangup_that_cannot_be_obeyed_changes_nothing(serve, client, tmp_path):
    issued = Authority(tmp_path).issue("first")
    server = serve(*issued.options)
    issued.cert.write_text("broken")

    server.process.send_signal(signal.SIGHUP)
    wait_for(server, "nothing was reloaded")

    assert str(issued.cert) in server.process.stderr
    assert client.pin(server.address) == issued.pin


def test_a_hangup_says_what_only_a_restart_changes(serve, config):
    path = config("workers = 1\n")
    server = serve("--config", path)
    config("workers = 1\nmax_streams = 7\nsnapshot_interval = 50\ninterval = 50\n")

    server.process.send_signal(signal.SIGHUP)

    wait_for(server, "only a restart changes snapshot_interval, max_streams")
    wait_for(server, "changed=interval")


def test_a_hangup_changes_the_interval_at_every_door(serve, aioquic, config):
    path = config("interval = 100\n")
    server = serve("--config", path)
    config("interval = 20\n")

    server.process.send_signal(signal.SIGHUP)
    wait_for(server, "changed=interval")

    assert interval(aioquic, server) == 20
    assert json.loads(aioquic.ask(server.address, announce(6881))[0])["interval"] == 20
    with web.Connection(server.address) as connection:
        tracked = connection.ask("/announce?info_hash=hhhhhhhhhhhhhhhhhhhh&peer_id=-TQ0001-abcdefghijkl&port=6881").tracked
    assert (tracked[b"interval"], tracked[b"min interval"]) == (20, 20)


def test_a_hangup_changes_limits(serve, aioquic, config, command):
    """Of connections over TCP, over QUIC, and of the store: for newcomers, at once."""
    path = config("exempt = []\n")
    server = serve("--config", path, "--workers", 1)
    with web.Connection(server.address) as first:
        assert first.ask("/healthz").status == 200
        config("exempt = []\nmax_http_connections_per_prefix = 1\nmax_handshakes_per_prefix = 1\nmax_swarms = 1\n")
        server.process.send_signal(signal.SIGHUP)
        wait_for(server, "changed=\"max_handshakes_per_prefix, max_http_connections_per_prefix, max_swarms\"")

        with web.Connection(server.address) as second:
            assert second.ended()
        for number in range(2):
            first.ask(f"/announce?info_hash={'h' * 19}{number}&peer_id=-TQ0001-abcdefghijkl&port=6881")
        for _ in range(3):
            aioquic.refusal(server.address, ["h3"])

    [said] = command("status", "--state", server.state, "--json").objects
    limits = {entry["limit"]: entry["count"] for entry in said["limits"]}
    assert limits["max_http_connections_per_prefix"] == 1 and limits["max_swarms"] >= 1
    assert limits["max_handshakes_per_prefix"] >= 1
