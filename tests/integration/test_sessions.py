# SPDX-License-Identifier: MIT
"""What outlives a process: a client's tickets and tokens, a server's keys."""
import asyncio
import hashlib
import json
import stat
import time

import pytest

from harness import peers
from harness.peers import aioquic_client
from harness.requests import file

OK, TRUST_REFUSED = 0, 6


@pytest.fixture
def resumed(command):
    """Whether a process that asks the server resumes."""
    def run(server, *trust):
        finished = command("capabilities", server.url, "--json", *(trust or ("--pin", server.pin)))
        assert finished.code == OK, finished
        return finished.objects[0]["resumed"]
    return run


def sessions(command, suffix=""):
    return sorted((command.folder / "state" / "torq" / "sessions").glob(f"*{suffix}"))


def restarted(serve, server, *options):
    """The same server after a kill."""
    host, port = server.address
    server.process.kill()
    server.finish = lambda: None
    return serve(*options, state=server.state, listen=[f"{host}:{port}"])


def age_keys(server, hours):
    """As if its generations had been made so much earlier."""
    path = server.state / "keys"
    lines = path.read_text().splitlines()[:-1]
    for number, line in enumerate(lines):
        if line.startswith("generation "):
            words = line.split(" ")
            lines[number] = " ".join([words[0], str(int(words[1]) - hours * 3600), *words[2:]])
    text = "".join(line + "\n" for line in lines)
    path.write_text(text + f"sha256 {hashlib.sha256(text.encode()).hexdigest()}\n")


@pytest.mark.parametrize("workers", [1, 4])
def test_a_second_process_resumes(serve, resumed, workers):
    server = serve("--workers", workers)

    assert [resumed(server) for _ in range(6)] == [False] + [True] * 5


def test_sessions_are_the_users_alone(server, resumed, command):
    resumed(server)

    kept = sessions(command)
    assert sorted(path.suffix for path in kept) == [".ticket", ".token"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept)
    assert stat.S_IMODE(kept[0].parent.stat().st_mode) == 0o700


def test_a_ticket_got_without_trust_is_not_used_with_it(server, resumed, command):
    assert not resumed(server, "--insecure")

    assert not resumed(server)
    assert resumed(server, "--insecure")
    assert command("capabilities", server.url).code == TRUST_REFUSED
    assert command("capabilities", server.url, "--pin", "sha256:" + "ab" * 32).code == TRUST_REFUSED


def test_a_ticket_put_under_another_trust_is_refused(server, resumed, command):
    """Even then the certificate that it stands for is looked at; the next try, without a ticket, says the same."""
    other = "sha256:" + "ab" * 32
    host, port = server.address
    identity = hashlib.sha256(f"pin {other}".encode()).hexdigest()
    strict = hashlib.sha256(f"{host}\0{port}\0{identity}".encode()).hexdigest()
    resumed(server, "--insecure")
    [careless] = sessions(command, ".ticket")
    careless.rename(careless.with_name(f"{strict}.ticket"))

    finished = command("capabilities", server.url, "--pin", other)

    assert finished.code == TRUST_REFUSED and server.pin in finished.err, finished
    assert not sessions(command, ".ticket"), "it was not found"


def test_damaged_sessions_cost_only_the_resumption(server, resumed, command):
    resumed(server)
    for path in sessions(command):
        path.write_bytes(path.read_bytes()[:-1] + b"?")

    assert [resumed(server), resumed(server)] == [False, True]


def test_a_state_that_cannot_be_written_costs_only_the_resumption(server, resumed, command):
    (command.folder / "state").mkdir()
    (command.folder / "state" / "torq").write_text("in the way")

    assert [resumed(server), resumed(server)] == [False, False]


def test_a_restarted_server_is_known(serve, resumed):
    server = serve()
    resumed(server)

    assert resumed(restarted(serve, server))


def test_keys_change_every_day_and_live_for_two(serve, resumed):
    server = serve()
    resumed(server)
    server.process.stop()
    before = (server.state / "keys").read_text()
    age_keys(server, hours=25)

    server = restarted(serve, server)
    assert resumed(server), "a ticket of the generation before"
    after = (server.state / "keys").read_text()
    assert before.splitlines()[1] == after.splitlines()[1], "the reset key stays"
    assert before.splitlines()[2].split()[2:] == after.splitlines()[3].split()[2:]
    assert stat.S_IMODE((server.state / "keys").stat().st_mode) == 0o600


def test_broken_keys_are_set_aside(serve, resumed):
    server = serve()
    resumed(server)
    server.process.stop()
    (server.state / "keys").write_text("torq-keys 1\nnonsense\n")

    server = restarted(serve, server)

    assert not resumed(server)
    assert "keys.broken-" in server.process.stderr
    [broken] = server.state.glob("keys.broken-*")
    assert broken.read_text().endswith("nonsense\n")


def test_a_client_of_a_killed_server_notices_at_once(serve, quinn):
    """By a stateless reset. Its own time-out would be 20 seconds."""
    server = serve()
    with quinn.session(server.address) as process:
        assert b"size" in quinn.perform(process, {"op": "ask", "data": json.dumps(file("small.txt"))})
        restarted(serve, server)
        began = time.monotonic()
        lost = quinn.perform(process, {"op": "ask", "data": json.dumps(file("small.txt"))})

    assert "stateless reset" in json.dumps(lost), lost
    assert time.monotonic() - began < 3


def test_aioquic_resumes_at_torq(serve):
    server = serve("--workers", 3)

    async def visit(ticket, token):
        tickets, tokens = [], []
        async with aioquic_client.connect(server.address, ticket=ticket, token=token, on_ticket=tickets.append,
                                          on_token=tokens.append) as connection:
            answer = json.loads(await connection.ask(peers.encode(file("small.txt"))))
            assert answer["size"] == 35
            return connection._quic.tls.session_resumed, tickets, tokens

    async def run():
        first, tickets, tokens = await visit(None, b"")
        second, more, _ = await visit(tickets[-1], tokens[-1])
        assert len(tickets) == len(tokens) == 1, "one of each is enough"
        return [first, second, (await visit(more[-1], b""))[0]]

    assert asyncio.run(run()) == [False, True, True]


def test_torq_resumes_at_aioquic(command, tmp_path, root):
    server = peers.start_aioquic_server(tmp_path, root, "--handshakes")
    try:
        for expected in (False, True, True):
            assert command("get", f"{server.url}/small.txt", "--pin", server.pin).code == OK
            assert server.process.line() == {"event": "handshake", "resumed": expected}
    finally:
        server.stop()


def test_torq_comes_back_to_foreign_servers(command, foreign_server, root):
    for _ in range(3):
        finished = command("get", f"{foreign_server.url}/small.txt", "--pin", foreign_server.pin)
        assert finished.code == OK, finished
        assert (command.folder / "small.txt").read_bytes() == (root / "small.txt").read_bytes()
        assert sessions(command, ".ticket")
