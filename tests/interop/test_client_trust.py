# SPDX-License-Identifier: MIT
"""Whom torq believes, as the client of foreign servers."""
import pytest

from harness import peers
from harness.certificates import DAY, Authority
from harness.peers import spell
from harness.requests import HASH

OK, NETWORK, TRUST_REFUSED = 0, 4, 6


def test_an_unknown_certificate_is_refused(command, foreign_server):
    for words in (["get", f"{foreign_server.url}/small.txt"], ["announce", foreign_server.url, HASH, "--port", 1],
                  ["capabilities", foreign_server.url]):
        finished = command(*words)
        assert finished.code == TRUST_REFUSED, finished
        assert foreign_server.pin in finished.err, finished
    assert not list(command.folder.glob("small*"))


def test_another_pin_is_refused(command, foreign_server):
    finished = command("get", f"{foreign_server.url}/small.txt", "--pin", "sha256:" + "ab" * 32)

    assert finished.code == TRUST_REFUSED, finished
    assert foreign_server.pin in finished.err, finished


def test_insecure_goes_on_and_says_so(command, foreign_server, root):
    finished = command("get", f"{foreign_server.url}/small.txt", "--insecure", "--json")

    assert finished.code == OK, finished
    assert finished.err.strip(), "it must say so each time"
    assert len(finished.objects) == 1
    assert (command.folder / "small.txt").read_bytes() == (root / "small.txt").read_bytes()


@pytest.mark.parametrize("stack", sorted(peers.SERVERS))
class TestAuthority:
    """--ca names who may have signed."""

    @pytest.fixture
    def authority(self, tmp_path):
        return Authority(tmp_path)

    @pytest.fixture
    def ask(self, stack, tmp_path, root, command):
        servers = []

        def run(issued, *words, host="127.0.0.1"):
            server = peers.SERVERS[stack](tmp_path, root, *issued.options)
            servers.append(server)
            assert server.pin == issued.pin
            return command("get", f"quic://{spell((host, server.address[1]))}/small.txt", *words)

        yield run
        for server in servers:
            server.stop()
            print(server.process.describe())

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_its_own_are_taken(self, ask, authority, host):
        issued = authority.issue("good")

        finished = ask(issued, "--ca", authority.file, host=host)

        assert finished.code == OK, finished

    @pytest.mark.parametrize("made", [
        {"from_now": (-9 * DAY, -1 * DAY)},
        {"from_now": (1 * DAY, 9 * DAY)},
        {"addresses": ["127.0.0.2"], "names": ["elsewhere.test"]},
    ])
    def test_what_is_out_of_date_or_for_another_is_refused(self, ask, authority, made):
        issued = authority.issue("bad", **made)

        finished = ask(issued, "--ca", authority.file)

        assert finished.code == TRUST_REFUSED, finished
        assert issued.pin in finished.err, finished

    def test_what_another_authority_signed_is_refused(self, ask, authority, tmp_path):
        issued = authority.issue("good")

        finished = ask(issued, "--ca", Authority(tmp_path, "another").file)

        assert finished.code == TRUST_REFUSED, finished
        assert issued.pin in finished.err, finished

    def test_a_pin_stands_for_name_chain_and_date(self, ask, authority):
        issued = authority.issue("bad", names=["elsewhere.test"], addresses=["127.0.0.2"], from_now=(-9 * DAY, -1 * DAY))

        finished = ask(issued, "--pin", issued.pin)

        assert finished.code == OK, finished


@pytest.mark.parametrize("trust", ["insecure", "pin"])
def test_a_server_that_does_not_hold_its_certificates_key_is_refused(command, tmp_path, root, trust):
    """As the document's own server does it. Not even --insecure makes up for that: anyone may show a certificate."""
    authority = Authority(tmp_path)
    shown, held = authority.issue("shown"), authority.issue("held")
    server = peers.start_aioquic_server(tmp_path, root, "--cert", shown.cert, "--key", held.key)

    finished = command("get", f"{server.url}/small.txt", *(["--insecure"] if trust == "insecure" else ["--pin", shown.pin]))
    server.stop()

    assert finished.code in (NETWORK, TRUST_REFUSED), finished
    assert not list(command.folder.glob("small*"))
