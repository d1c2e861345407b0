# SPDX-License-Identifier: MIT
"""`torq serve` as a program: how it starts, what it says, what it refuses, how it ends."""
import ipaddress
import json
import os
import re
import signal
import socket
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from harness import processes, torq
from harness.certificates import DAY, Authority
from harness.requests import file


@pytest.fixture
def refused(command, root):
    """Starts a server that must not start, and returns how it ended."""
    def run(*words, root=root, state="state"):
        finished = command("serve", "--json", "--root", root, "--state", command.folder / state, *words, seconds=30)
        assert finished.code not in (0, None), finished
        assert finished.out == "", "ready was said"
        return finished
    return run


def test_the_ready_line_says_everything(serve, root):
    ready = serve("--workers", 2).ready

    assert ready["event"] == "ready"
    door = ready["listen"][0]
    assert (door["door"], door["address"]) == ("quic", "127.0.0.1") and door["port"] > 0
    assert ready["alpn"] == ["h3"]
    assert re.fullmatch("sha256:[0-9a-f]{64}", ready["pin"])
    assert os.path.samefile(ready["root"], root)
    assert ready["workers"] == 2


def test_without_json_it_talks_to_people(command, root):
    running = command.start("serve", "--root", root, "--state", command.folder / "state", "--listen", "127.0.0.1:0")
    try:
        while "sha256:" not in running.stderr:
            assert running.running, running.describe()
    finally:
        code = running.stop()

    assert code == 0
    assert "127.0.0.1:" in running.stderr
    assert running.rest() == [], "standard output is for --json"


def test_there_is_a_worker_per_core(serve):
    assert serve().ready["workers"] == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_workers_share_the_port_and_the_swarms(serve, aioquic, workers):
    server = serve("--workers", workers)
    assert server.ready["workers"] == workers

    for number in range(12):
        [answer] = aioquic.ask(server.address, {"info_hash": "ab" * 20, "peer_id": "x", "port": 1000 + number, "left": 1})
        assert json.loads(answer)["incomplete"] == number + 1


def test_a_root_that_does_not_exist_is_named(refused, tmp_path):
    for root in (tmp_path / "absent", tmp_path / "file"):
        (tmp_path / "file").touch()
        assert str(root) in refused("--listen", "127.0.0.1:0", root=root).err


def test_a_state_that_is_in_use_is_named(serve, refused):
    server = serve()

    assert str(server.state) in refused("--listen", "127.0.0.1:0", state=server.state).err


def test_a_state_is_free_again_after_the_end_of_its_server(serve, refused):
    first = serve()
    first.process.kill()
    state = first.state
    first.finish = lambda: None

    assert serve(state=state).pin == first.pin


@pytest.mark.parametrize("listen", ["127.0.0.1", "[::1]", "0.0.0.0", "[::]"])
def test_an_address_that_another_torq_has_is_named(serve, refused, listen):
    port = serve(listen=[f"{listen}:0"]).addresses()[0][1]

    assert f"{listen}:{port}" in refused("--listen", f"{listen}:{port}").err


def test_an_address_that_another_program_has_is_named(refused):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        assert address in refused("--listen", address).err


def test_an_address_that_another_program_shares_is_named(refused):
    """SO_REUSEPORT alone would let torq in, to half of the traffic."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        assert address in refused("--listen", address).err


def test_an_address_of_another_machine_is_named(refused):
    assert "192.0.2.1:7001" in refused("--listen", "192.0.2.1:7001").err


@pytest.mark.parametrize("words", [
    ["--listen", "nonsense"], ["--listen", "127.0.0.1:65536"], ["--listen", "127.0.0.1:x"], ["--workers", "-1"],
    ["--interval", "0"], ["--interval", "x"], ["--interval", "010"], ["--interval", "0x10"], ["--workers", "18446744073709551617"],
    ["--listen", "127.0.0.1:0", "127.0.0.1:0"], ["extra"], ["--state", ""], ["--root", ""], ["--cert", ""], ["--listen", ""], ["--cert", "a.pem"], ["--key", "a.pem"], ["--no-such-option"],
])
def test_wrong_words_are_wrong_usage(refused, words):
    listen = [] if "--listen" in words else ["--listen", "127.0.0.1:0"]

    assert refused(*listen, *words).code == 2


@pytest.mark.parametrize("option", ["--root", "--state"])
def test_an_empty_folder_name_is_no_default(command, option):
    finished = command("serve", "--listen", "127.0.0.1:0", option, "")

    assert finished.code == 2 and option in finished.err and "empty" in finished.err, finished


def test_it_does_not_start_when_nobody_gets_the_ready_line(command, root):
    words = [torq.binary(), "serve", "--json", "--listen", "127.0.0.1:0", "--root", root, "--state", command.folder / "state"]

    finished = processes.run(["bash", "-c", 'exec "$0" "$@" >/dev/full', *words], command.folder, command.environment)

    assert finished.code == 8 and "standard output" in finished.err, finished


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP521R1()], ids=["p384", "p521"])
def test_larger_curves_serve_our_client(serve, command, tmp_path, curve):
    authority = Authority(tmp_path)
    server = serve(*authority.issue("larger", key=ec.generate_private_key(curve)).options)

    finished = command("get", f"{server.url}/small.txt", "--ca", authority.file)

    assert finished.code == 0, finished


def test_a_key_that_no_client_could_use_is_refused(refused, tmp_path):
    issued = Authority(tmp_path).issue("unusable", key=ec.generate_private_key(ec.SECP224R1()))

    finished = refused("--listen", "127.0.0.1:0", *issued.options)

    assert "unusable.crt" in finished.err and "P-256" in finished.err, finished


def test_an_expired_certificate_is_warned_of(serve, tmp_path):
    issued = Authority(tmp_path).issue("old", from_now=(-9 * DAY, -2 * DAY))

    server = serve(*issued.options)

    assert str(issued.cert) in server.process.stderr and "expired on 20" in server.process.stderr


def test_a_certificate_for_clients_is_warned_of(serve, tmp_path):
    issued = Authority(tmp_path).issue("visitor", purposes=[ExtendedKeyUsageOID.CLIENT_AUTH])

    server = serve(*issued.options)

    assert str(issued.cert) in server.process.stderr and "serverAuth" in server.process.stderr


def test_a_certificate_that_is_fine_is_not_warned_of(serve, tmp_path):
    issued = Authority(tmp_path).issue("fine")
    issued.key.chmod(0o600)

    assert "warning" not in serve().process.stderr
    assert "warning" not in serve(*issued.options).process.stderr


def test_a_certificate_that_cannot_be_used_is_named(refused, tmp_path):
    good, other = (Authority(tmp_path, name).issue(name) for name in ("good", "other"))
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n")

    for cert, key, named in [(tmp_path / "absent", good.key, "absent"), (good.cert, tmp_path / "absent", "absent"),
                             (tmp_path / "broken.pem", good.key, "broken.pem"), (good.cert, other.key, "other.key")]:
        assert named in refused("--listen", "127.0.0.1:0", "--cert", cert, "--key", key).err


def test_the_certificate_it_makes_is_kept(serve, aioquic):
    first = serve()
    pin, state = first.pin, first.state
    assert first.process.stop() == 0

    second = serve(state=state)

    assert second.pin == pin == aioquic.pin(second.address)


def test_its_key_is_its_own(serve):
    state = serve().state
    keys = [path for path in state.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]

    assert len(keys) == 1
    assert stat.S_IMODE(keys[0].stat().st_mode) == 0o600


def test_two_states_are_two_servers(serve):
    assert serve().pin != serve().pin


def test_a_given_certificate_is_used(serve, client, tmp_path):
    issued = Authority(tmp_path).issue("given")

    server = serve(*issued.options)

    assert server.pin == issued.pin == client.pin(server.address)


def test_the_pin_survives_renewal(serve, tmp_path):
    """It is of the public key, whatever certificate is around it."""
    authority = Authority(tmp_path)
    first = authority.issue("first")
    renewed = authority.issue("renewed", names=["another.test"], key=first.private_key)
    assert first.cert.read_bytes() != renewed.cert.read_bytes()

    assert serve(*first.options).pin == serve(*renewed.options).pin == first.pin


def test_the_state_is_where_xdg_says(command, root):
    running = command.start("serve", "--json", "--root", root, "--listen", "127.0.0.1:0")
    running.line()
    made = list((command.folder / "state" / "torq").iterdir())

    assert running.stop() == 0
    assert made


def test_the_default_root_is_seed(command, root):
    (command.folder / "seed").symlink_to(root)

    running = command.start("serve", "--json", "--listen", "127.0.0.1:0")
    ready = running.line()

    assert running.stop() == 0
    assert os.path.samefile(ready["root"], root)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_when_idle(serve, number):
    server = serve()

    server.process.send_signal(number)

    assert server.process.wait(5) == 0


def test_an_interrupted_system_call_is_no_event(serve, aioquic):
    server = serve()
    for _ in range(3):
        server.process.send_signal(signal.SIGSTOP)
        server.process.send_signal(signal.SIGCONT)

    assert json.loads(aioquic.ask(server.address, file("small.txt"))[0])["size"] == 35


def test_several_addresses_are_listened_on(serve, aioquic):
    server = serve(listen=["127.0.0.1:0", "127.0.0.2:0", "[::1]:0"])

    addresses = server.addresses()
    assert [host for host, _ in addresses] == ["127.0.0.1", "127.0.0.2", "::1"]
    for address in addresses:
        assert json.loads(aioquic.ask(address, file("small.txt"))[0])["size"] == 35


def link_local_address():
    """One of this machine's, with the index of its interface (proc(5), /proc/net/if_inet6), or nothing."""
    with open("/proc/net/if_inet6") as table:
        for digits, index, _, scope, _, _ in map(str.split, table):
            if scope == "20":
                return str(ipaddress.IPv6Address(int(digits, 16))), int(index, 16)
    return None


def test_a_link_local_client_is_answered_on_its_link(serve):
    here = link_local_address()
    if here is None:
        pytest.skip("no interface of this machine has an IPv6 link-local address")
    address, interface = here
    [(_, port)] = serve(listen=["[::]:0"]).addresses()
    unknown_version = b"\xc0\x1a\x2a\x3a\x4a\x08" + b"D" * 8 + b"\x08" + b"S" * 8

    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.bind((address, 0, 0, interface))
        client.sendto(unknown_version.ljust(1200, b"\0"), (address, port, 0, interface))

        assert client.recv(2000)[1:5] == bytes(4), "version negotiation"


def test_the_version_is_said(command):
    finished = processes.run([torq.binary(), "--version"], command.folder, command.environment)

    assert finished.code == 0 and re.search(r"\d+\.\d+\.\d+", finished.out)
