# SPDX-License-Identifier: MIT
"""docs/cli.md and the program say the same: verbs, options, exit codes, and each field of JSON that a real run prints.

A new verb needs its section on the page, and an entry in RUNS if it has --json."""
import re

import pytest

import cli_page
from harness import peers, trackers
from harness.requests import HASH, OTHER_HASH

VERBS, CODES = cli_page.read()
OPTION = re.compile(r"(?<![\w-])(--?[a-zA-Z][a-z-]*)")


def announce(command, server):
    yield command("announce", server.url, HASH, OTHER_HASH, "--port", 6001, "--left", 0, "--json", "--pin", server.pin)
    yield command("announce", server.url, HASH, "--port", 6002, "--left", 1, "--json", "--pin", server.pin)
    said = b"d11:external ip4:aaaa12:min intervali1e5:peers6:bbbbbb10:tracker id1:x15:warning message1:ye"
    yield command("announce", trackers.Http(lambda target: trackers.http(said)).url, HASH, "--port", 6002, "--json")


def get(command, server):
    yield command("get", f"{server.url}/small.txt", f"{server.url}/medium.bin", "--json", "--pin", server.pin)


def capabilities(command, server):
    yield command("capabilities", server.url, "--json", "--pin", server.pin)


def doctor(command, server):
    yield command("doctor", f"{server.url}/small.txt", "--json", "--pin", server.pin)
    yield command("doctor", server.url, "--json", "--pin", "sha256:" + "00" * 32)


def scrape(command, server):
    yield command("scrape", server.url, HASH, "--json", "--pin", server.pin)
    said = b"d5:filesd20:" + bytes.fromhex(HASH) + b"d11:downloadersi1eeee"
    yield command("scrape", trackers.Http(lambda target: trackers.http(said)).url, HASH, "--json")


def ls(command, server):
    yield command("ls", server.url, "--json", "--pin", server.pin)


def verify(command, server):
    (command.folder / "reference").mkdir()
    (command.folder / "reference" / "small.txt").write_text("other bytes")
    yield command("verify", server.url, "--reference", "reference", "--json", "--pin", server.pin)


def status(command, server):
    command("capabilities", server.url, "--pin", "sha256:" + "00" * 32)
    command("get", f"{server.url}/absent", "--pin", server.pin)
    peers.AioquicClient(None).ask(server.address, b"{" * 100_000)  # more than max_request_bytes
    yield command("status", "--state", server.state, "--json")


def soak(command, server):
    (command.folder / "soak").mkdir()
    (command.folder / "soak" / "small.txt").write_text("other bytes")
    yield command("soak", server.url, "--reference", "soak", "--seconds", 2, "--state", server.state, "--json", "--pin", server.pin)


# What must show every documented field of a verb at least once: its finished runs.
RUNS = {"announce": announce, "get": get, "scrape": scrape, "ls": ls, "verify": verify, "capabilities": capabilities, "doctor": doctor,
        "status": status, "soak": soak}


def options_in_help(text):
    """Those at the beginning of a line of a list, before their description: `  -o,--output FILE|DIR   where to`."""
    lists = [line for line in text.splitlines() if re.match(r" {2}-", line)]
    return {name for line in lists for name in OPTION.findall(re.split(r" {2,}", line.strip())[0])}


def section_of_help(text, title):
    """The first words of the lines below a heading, whatever its case, up to an empty line."""
    words, inside = [], False
    for line in text.splitlines():
        if line.strip().lower() == f"{title}:":
            inside = True
        elif not line.strip():
            inside = False
        elif inside and re.match(r" {2}\S", line):
            words.append(line.split()[0])
    return words


def verbs_in_help(command, *words):
    """Those below a verb, or below the command itself, and those below them."""
    for word in section_of_help(command(*words, "--help").out, "subcommands"):
        yield " ".join([*words, word])
        yield from verbs_in_help(command, *words, word)


def test_the_page_has_the_verbs_of_the_help(command):
    assert sorted(verbs_in_help(command)) == sorted(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_the_page_has_the_options_of_the_help(command, verb):
    text = command(*verb.split(), "--help").out
    documented = {name for name in VERBS[verb].options if name.startswith("-")}
    arguments = VERBS[verb].options - documented

    assert options_in_help(text) == documented
    assert set(section_of_help(text, "positionals")) == arguments


def test_the_page_has_the_exit_codes_of_the_help(command):
    text = " ".join(command("--help").out.split("Exit codes:")[1].split())

    assert [int(code) for code in re.findall(r"\b\d\b", text)] == sorted(CODES)
    for code, meaning in CODES.items():
        assert f"{code} {meaning.split(':')[0]}" in text


def test_every_verb_with_json_is_run_here():
    assert {verb for verb in VERBS if "--json" in VERBS[verb].options} == {*RUNS, "serve"}


def hold_against(verb, objects):
    """Each object fits one of the verb's shapes, and together they show every field."""
    shapes, seen = VERBS[verb].shapes, set()
    assert objects
    for value in objects:
        fitting = [shape for shape in shapes if not list(shape.faults(value))]
        assert len(fitting) == 1, (value, {shape.name: list(shape.faults(value)) for shape in shapes})
        seen |= {(fitting[0].name, path) for path, _ in cli_page.leaves(value)}
    assert seen == {(shape.name, path) for shape in shapes for path in shape.fields}


@pytest.mark.parametrize("verb", RUNS)
def test_json_has_the_documented_fields(command, shared_server, verb):
    hold_against(verb, [value for finished in RUNS[verb](command, shared_server) for value in finished.objects])


def test_the_ready_line_has_the_documented_fields(shared_server):
    hold_against("serve", [shared_server.ready])


@pytest.mark.parametrize("typed, meant", [
    (["anounce"], "announce"), (["gte", "quic://a/b"], "get"), (["capabilites"], "capabilities"), (["--hlep"], "--help"),
    (["announce", "quic://a", HASH, "--prot", "1"], "--port"), (["get", "quic://a/b", "--ouput", "x"], "--output"),
])
def test_a_mistyped_word_is_answered_with_the_nearest(command, typed, meant):
    finished = command(*typed)

    assert finished.code == 2, finished
    assert f"did you mean `{meant}`?" in finished.err and not finished.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_and_option_can_be_mistyped(command, verb):
    """A letter twice, in the middle of the word."""
    def mistype(word):
        middle = len(word) // 2
        return word[:middle + 1] + word[middle:]

    *before, word = verb.split()
    assert f"did you mean `{word}`?" in command(*before, mistype(word)).err or len(word) < 3
    for option in VERBS[verb].options:
        if option.startswith("--"):
            finished = command(*before, word, mistype(option))
            assert finished.code == 2 and f"did you mean `{option}`?" in finished.err, finished
