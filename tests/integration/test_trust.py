# SPDX-License-Identifier: MIT
"""Whom the verbs believe: pins in the URL, known servers, trust on first use."""
import pathlib
import stat

import pytest

from harness.requests import HASH

OK, USAGE, TRUST_REFUSED = 0, 2, 6
OTHER_PIN = "sha256:" + "ab" * 32


@pytest.fixture
def known(command):
    """The file of known servers."""
    return pathlib.Path(command.environment["XDG_STATE_HOME"]) / "torq" / "known_servers"


def asks(server, query=""):
    """Each verb that asks a server something."""
    return (["get", f"{server.url}/small.txt{query}"], ["announce", f"{server.url}{query}", HASH, "--port", 1],
            ["capabilities", f"{server.url}/{query}"])


def entry(server, pin):
    host, port = server.address
    return f"{host}:{port} {pin}\n"


def write(known, text):
    known.parent.mkdir(parents=True, exist_ok=True)
    known.write_text(text)


def test_a_pin_in_the_url_is_enough(command, shared_server):
    for words in asks(shared_server, f"?pin={shared_server.pin}"):
        finished = command(*words)
        assert finished.code == OK, finished


def test_another_pin_in_the_url_is_refused(command, shared_server):
    for words in asks(shared_server, f"?pin={OTHER_PIN}"):
        finished = command(*words)
        assert finished.code == TRUST_REFUSED, finished
        assert shared_server.pin in finished.err


def test_each_url_has_its_own_pin(command, shared_server):
    finished = command("get", f"{shared_server.url}/small.txt?pin={shared_server.pin}", f"{shared_server.url}/empty.txt?pin={OTHER_PIN}")

    assert finished.code == TRUST_REFUSED, finished
    assert (command.folder / "small.txt").exists() and not (command.folder / "empty.txt").exists()


def test_a_pin_beside_another_must_agree(command, shared_server):
    url = f"{shared_server.url}?pin={shared_server.pin}"

    assert command("capabilities", url, "--pin", shared_server.pin.upper().replace("SHA256", "sha256")).code == OK
    finished = command("capabilities", url, "--pin", OTHER_PIN)
    assert finished.code == USAGE and "another pin" in finished.err, finished


def test_a_wrong_query_is_a_usage_error(command, shared_server):
    for query in ("?pin=sha256:12", "?pinn=x", "?", f"?pin={shared_server.pin}&x"):
        finished = command("capabilities", shared_server.url + query)
        assert finished.code == USAGE, finished


def test_the_first_key_is_written_down_and_then_the_only_one(command, known, shared_server, serve):
    """Given nothing, when --trust-new meets a server, then its key is known from then on, without the option."""
    first, *others = asks(shared_server)
    assert command(*first).code == TRUST_REFUSED

    finished = command(*first, "--trust-new")

    assert finished.code == OK, finished
    assert shared_server.pin in finished.err and str(known) in finished.err, "it must say so once"
    assert known.read_text() == entry(shared_server, shared_server.pin)
    assert stat.S_IMODE(known.stat().st_mode) == 0o600
    for words in (first, *others, [*first, "--trust-new"]):
        finished = command(*words)
        assert finished.code == OK and not finished.err, finished
    assert command(*asks(serve())[0]).code == TRUST_REFUSED, "another server is not known"


@pytest.mark.parametrize("more", [[], ["--trust-new"]])
def test_a_changed_key_is_refused_loudly(command, known, shared_server, more):
    write(known, "# mine\n" + entry(shared_server, OTHER_PIN))
    for words in asks(shared_server):
        finished = command(*words, *more)

        assert finished.code == TRUST_REFUSED, finished
        for part in ("CHANGED", f"{known}, line 2", OTHER_PIN, shared_server.pin, "remove that line"):
            assert part in finished.err, f"{part}: {finished}"
    assert known.read_text() == "# mine\n" + entry(shared_server, OTHER_PIN)


def test_what_the_command_line_says_goes_before_what_is_known(command, known, shared_server):
    write(known, entry(shared_server, OTHER_PIN))
    words = ["capabilities", shared_server.url]

    assert command(*words, "--pin", shared_server.pin).code == OK
    assert command(*words, "--insecure").code == OK
    assert command(words[0], f"{words[1]}?pin={shared_server.pin}").code == OK


def test_a_broken_line_is_named_and_believes_nobody(command, known, shared_server):
    write(known, entry(shared_server, shared_server.pin) + "nonsense \x1b[2J\n")

    finished = command("capabilities", shared_server.url)

    assert finished.code == TRUST_REFUSED, finished
    assert f"{known}, line 2" in finished.err and "\x1b" not in finished.err
    assert command("capabilities", shared_server.url, "--pin", shared_server.pin).code == OK


def test_trust_new_stands_alone(command, shared_server):
    for other in (["--pin", shared_server.pin], ["--insecure"], ["--ca", "/dev/null"]):
        assert command("capabilities", shared_server.url, "--trust-new", *other).code == USAGE


def test_a_server_that_does_not_answer_is_not_known(command, known):
    finished = command("capabilities", "quic://nobody.invalid", "--trust-new")

    assert finished.code == 4, finished
    assert not known.exists()
