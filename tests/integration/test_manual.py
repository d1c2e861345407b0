# SPDX-License-Identifier: MIT
"""The manual pages: one for each verb, and what man and groff make of them."""
import re
import shutil
import subprocess

import pytest

import cli_page

VERBS, _ = cli_page.read()


def file_of(verb):
    return f"torq-{verb.replace(' ', '-')}.1"


@pytest.fixture
def pages(command):
    """The pages, by their names."""
    assert command("manual", ".").code == 0
    return {path.name: path for path in command.folder.glob("*.1")}


def test_there_is_a_page_for_each_verb(pages):
    assert set(pages) == {"torq.1", *(file_of(verb) for verb in VERBS)}


@pytest.mark.parametrize("verb", VERBS)
def test_a_page_has_every_option(pages, verb):
    text = pages[file_of(verb)].read_text()

    title = file_of(verb).removesuffix(".1").upper().replace("-", "\\-")
    assert text.startswith(f'.TH "{title}" "1"')
    headings = re.findall(r"^\.SH (.*)$", text, re.M)
    assert {"NAME", "SYNOPSIS", "OPTIONS", "SEE ALSO"} <= set(headings) and len(headings) == len(set(headings))
    assert "EXAMPLES" in headings or " " in verb, "a verb of a verb has those of the one above"
    for option in VERBS[verb].options:
        assert "\\fB" + option.replace("-", "\\-") + "\\fR" in text


def test_the_first_page_names_the_verbs_and_exit_codes(pages):
    text = pages["torq.1"].read_text()

    for verb in VERBS:
        assert f".TP\n.B {verb}\n" in text or " " in verb
    assert "Exit codes" in text


def test_a_folder_that_is_not_there_is_a_matter_of_the_disk(command):
    assert command("manual", "absent").code == 8


@pytest.mark.skipif(not shutil.which("groff"), reason="there is no groff here")
def test_groff_has_nothing_to_complain_of(pages):
    for path in pages.values():
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-P-c", str(path)], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0 and not done.stderr, done
        shown = re.sub(".\b", "", done.stdout)
        assert "SYNOPSIS" in shown and "torq" in shown


@pytest.mark.skipif(not shutil.which("man"), reason="there is no man here")
def test_man_shows_a_page(pages):
    done = subprocess.run(["man", "-l", str(pages["torq-announce.1"])], capture_output=True, text=True, timeout=30, check=False)

    shown = re.sub(".\b", "", done.stdout)
    assert done.returncode == 0 and "--event started|completed|stopped" in shown, done
