# SPDX-License-Identifier: MIT
"""Swarms that survive a restart, and files that must not keep a server from starting."""
import stat
import time

import pytest

HASH = "ab" * 20
SECONDS = 20


@pytest.fixture
def announce(command):
    def run(server, port=6881):
        finished = command("announce", server.url, HASH, "--port", port, "--left", 1, "--pin", server.pin)
        assert finished.code == 0, finished
    return run


@pytest.fixture
def incomplete(command):
    def run(server):
        finished = command("scrape", server.url, HASH, "--json", "--pin", server.pin)
        assert finished.code == 0, finished
        return finished.objects[0]["incomplete"]
    return run


def await_snapshot(server):
    """One that was begun after this call: the second from now on."""
    path, seen = server.state / "swarms", []
    deadline = time.monotonic() + SECONDS
    while len(seen) < 3:
        assert time.monotonic() < deadline and server.process.running, server.process.describe()
        written = path.stat().st_mtime_ns if path.exists() else None
        if not seen or written != seen[-1]:
            seen.append(written)
        time.sleep(0.02)


def stopped(server):
    assert server.process.stop() == 0
    server.finish = lambda: None
    return server.state


def killed(server):
    server.process.kill()
    server.finish = lambda: None
    return server.state


def test_swarms_survive_a_restart(serve, announce, incomplete):
    first = serve()
    announce(first, 1)
    announce(first, 2)

    second = serve(state=stopped(first))

    assert incomplete(second) == 2
    assert "swarms=1 peers=2" in second.process.stderr
    assert stat.S_IMODE((second.state / "swarms").stat().st_mode) == 0o600


def test_swarms_survive_a_kill(serve, announce, incomplete):
    first = serve("--snapshot-interval", 1)
    announce(first)
    await_snapshot(first)

    second = serve(state=killed(first))

    assert incomplete(second) == 1


def test_a_broken_snapshot_is_set_aside(serve, announce, incomplete):
    first = serve()
    announce(first)
    state = stopped(first)
    path = state / "swarms"
    path.write_bytes(path.read_bytes()[:-1] + b"?")

    second = serve(state=state)

    assert incomplete(second) == 0
    assert f"{path}.bad" in second.process.stderr and "a checksum is wrong" in second.process.stderr
    assert (state / "swarms.bad").exists()
    announce(second)
    assert incomplete(serve(state=stopped(second))) == 1


def test_a_full_disk_costs_a_warning_and_the_old_snapshot_stays(serve, announce, incomplete):
    first = serve()
    announce(first)
    state = stopped(first)
    kept = (state / "swarms").read_bytes()

    second = serve("--snapshot-interval", 1, state=state, before=("prlimit", f"--fsize={len(kept) + 4}"))
    announce(second, 2)
    deadline = time.monotonic() + SECONDS
    while "no snapshot" not in second.process.stderr:
        assert time.monotonic() < deadline, second.process.describe()
        time.sleep(0.02)
    assert incomplete(second) == 2, "it goes on"
    stopped(second)

    assert second.process.stderr.count("no snapshot") == 1, "it is said once"
    assert (state / "swarms").read_bytes() == kept
    assert not list(state.glob(".swarms*"))


def test_without_snapshots_nothing_is_kept(serve, announce, incomplete):
    first = serve("--snapshot-interval", 0)
    announce(first)
    state = stopped(first)

    assert not (state / "swarms").exists()
    assert incomplete(serve(state=state)) == 0
