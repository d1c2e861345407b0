# SPDX-License-Identifier: MIT
"""torq doctor, on servers that are well, foreign, refused, deaf or not there."""
import signal
import socket

import pytest

OK, NOT_FOUND, NETWORK, TRUST_REFUSED = 0, 3, 4, 6

ALL = {"name", "udp", "versions", "alpn", "handshake", "certificate", "round-trip", "loss", "mtu", "gso", "gro", "buffers", "trust",
       "capabilities", "throughput"}


@pytest.fixture
def examine(command):
    """The checks by their names, and the exit code."""
    def run(*words):
        finished = command("doctor", *words, "--json")
        print(finished)
        return {check["check"]: check for check in finished.objects}, finished.code

    return run


@pytest.fixture
def deaf():
    """A port that swallows everything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as swallower:
        swallower.bind(("127.0.0.1", 0))
        yield f"quic://127.0.0.1:{swallower.getsockname()[1]}"


def test_a_server_that_is_well(examine, shared_server):
    checks, code = examine(shared_server.url, "--pin", shared_server.pin)

    assert code == OK and set(checks) == ALL
    assert {name for name, check in checks.items() if check["result"] in ("fail", "skip")} == set()
    assert checks["mtu"]["value"] == 1452 and checks["mtu"]["unit"] == "bytes"
    assert checks["loss"]["value"] == 0
    assert 0 < checks["handshake"]["value"] < 5000 and 0 < checks["round-trip"]["value"] < 1000
    assert checks["certificate"]["value"] > 3000 and shared_server.pin in checks["certificate"]["detail"]
    assert "large.bin" in checks["throughput"]["detail"] and checks["throughput"]["value"] > 0


def test_for_people(command, shared_server):
    finished = command("doctor", shared_server.url, "--pin", shared_server.pin)

    assert finished.code == OK and "\x1b" not in finished.out
    for name in ALL:
        assert f"  {name}  " in finished.out, finished


def test_a_foreign_server(examine, foreign_server):
    checks, code = examine(f"{foreign_server.url}/medium.bin", "--insecure")

    assert code == OK and set(checks) == ALL
    assert checks["udp"]["result"] == checks["alpn"]["result"] == checks["handshake"]["result"] == "ok"
    assert checks["versions"]["result"] == "ok"
    assert checks["capabilities"]["result"] == "warn" and "no extensions" in checks["capabilities"]["detail"]
    assert checks["throughput"]["result"] in ("ok", "warn") and "500000 bytes" in checks["throughput"]["detail"]


def test_a_foreign_server_without_a_file_in_the_url(examine, foreign_server):
    checks, code = examine(foreign_server.url, "--insecure")

    assert code == OK and checks["throughput"]["result"] == "skip"


@pytest.mark.parametrize("setting", [(), ("--pin", "sha256:" + "00" * 32)])
def test_a_server_that_is_not_trusted(examine, shared_server, setting):
    checks, code = examine(shared_server.url, *setting)

    assert code == TRUST_REFUSED
    assert checks["trust"]["result"] == "fail" and shared_server.pin in checks["trust"]["advice"]
    assert checks["handshake"]["result"] == "ok", "the way to it is judged all the same"
    assert checks["throughput"]["result"] == "skip"


def test_silence(examine, deaf):
    checks, code = examine(deaf, "--insecure")

    assert code == NETWORK and set(checks) == {"name", "udp", "gso", "gro", "buffers"}
    assert checks["udp"]["result"] == "fail"
    for line in ("nft add rule", "ufw allow", "firewall-cmd"):
        assert line in checks["udp"]["advice"]


def test_a_new_server_is_examined_before_it_is_trusted(examine, deaf, shared_server):
    """To trust is to dial: what stands in the way of that must have been said before."""
    silent, silent_code = examine(deaf, "--trust-new")
    well, well_code = examine(shared_server.url, "--trust-new")

    assert silent["udp"]["result"] == "fail" and silent_code == NETWORK
    assert set(well) == ALL and well["trust"]["result"] == "ok" and well_code == OK


def test_an_interrupt_is_an_interrupt(command, deaf):
    process = command.start("doctor", deaf, "--insecure", "--json")
    assert process.line()["check"] == "name"

    assert process.stop(signal.SIGINT) == 7


def test_a_port_that_nobody_has(examine, deaf):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as briefly:
        briefly.bind(("127.0.0.1", 0))
        port = briefly.getsockname()[1]

    checks, code = examine(f"quic://127.0.0.1:{port}", "--insecure")

    assert code == NETWORK and "nothing listens" in checks["udp"]["detail"]


def test_a_name_that_nobody_has(examine):
    checks, code = examine("quic://no-such-host.invalid", "--insecure")

    assert code == NETWORK and set(checks) == {"name"} and checks["name"]["result"] == "fail"


def test_a_file_that_is_not_there(examine, shared_server):
    checks, code = examine(f"{shared_server.url}/absent", "--pin", shared_server.pin)

    assert code == NOT_FOUND and checks["throughput"]["result"] == "fail"
