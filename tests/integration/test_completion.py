# SPDX-License-Identifier: MIT
"""The completion scripts, run by their shells as if somebody had pressed Tab."""
import shutil
import subprocess

import pytest

from harness import torq

BASH = """
source "$0"
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_torq
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """The file of a shell's script, as a fresh torq prints it."""
    folder = tmp_path_factory.mktemp("completion")

    def write(shell):
        path = folder / f"torq.{shell}"
        path.write_text(torq.Command(folder)("completion", shell).out)
        return path

    return write


@pytest.fixture
def place(tmp_path):
    """Somewhere with a file and a folder."""
    (tmp_path / "a file.iso").touch()
    (tmp_path / "a folder").mkdir()
    return tmp_path


def run(argv, folder):
    done = subprocess.run([str(word) for word in argv], cwd=folder, capture_output=True, text=True, timeout=30, check=False,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0 and not done.stderr, done
    return [line for line in done.stdout.splitlines() if line]


CASES = [
    (["torq", "ann"], {"announce"}),
    (["torq", "--ver"], {"--version"}),
    (["torq", "announce", "quic://a", "--event", ""], {"started", "completed", "stopped", "paused"}),
    (["torq", "announce", "--event", "st"], {"started", "stopped"}),
    (["torq", "announce", "--num"], {"--numwant"}),
    (["torq", "get", "--pi"], {"--pin"}),
    (["torq", "config", ""], {"template", "check"}),
    (["torq", "config", "check", "a"], {"a file.iso", "a folder"}),
    (["torq", "verify", "quic://a", "--reference", ""], {"a folder"}),
    (["torq", "completion", ""], {"bash", "zsh", "fish"}),
    (["torq", "completion", "z"], {"zsh"}),
    (["torq", "serve", "--root", ""], {"a folder"}),
    (["torq", "serve", "--cert", "a"], {"a file.iso", "a folder"}),
    (["torq", "get", "quic://a/b", "-o", "a f"], {"a file.iso", "a folder"}),
    (["torq", "get", "--pin", ""], set()),
    (["torq", "get", ""], set()),
]


@pytest.mark.parametrize("words, offered", CASES)
def test_bash(script, place, words, offered):
    assert set(run(["bash", "-uc", BASH, script("bash"), *words], place)) == offered


def test_bash_takes_a_value_behind_an_equals_sign(script, place):
    """bash ends a word there."""
    path = script("bash")
    assert run(["bash", "-uc", BASH, path, "torq", "announce", "--event", "=", "comp"], place) == ["completed"]
    assert run(["bash", "-uc", BASH, path, "torq", "completion", "--help", "zs"], place) == ["zsh"]


def test_bash_offers_every_verb(script, place, command):
    offered = run(["bash", "-uc", BASH, script("bash"), "torq", ""], place)

    assert {"serve", "announce", "get", "config", "completion"} <= set(offered) and "manual" not in offered
    for verb in offered:
        assert command(verb, "--help").code == 0


@pytest.mark.skipif(not shutil.which("fish"), reason="there is no fish here")
@pytest.mark.parametrize("words, offered", CASES)
def test_fish(script, place, words, offered):
    line = " ".join(word.replace(" ", "\\ ") for word in words)
    lines = run(["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script("fish"), line], place)

    found = {line.split("\t")[0].rstrip("/").replace("\\ ", " ") for line in lines}
    assert offered <= found if words[-1].startswith("--") else found == offered


# zsh completes only where somebody types: in a terminal of its own, once its prompt is there. What is typed shows as well: quotes
# keep it from being taken for what the shell says.
ZSH = """
zmodload zsh/zpty
zpty torq zsh -f
zpty -w torq 'PS1="@rea""dy@"; LISTMAX=1000; autoload -Uz compinit && compinit -u -D; source '$1
zpty -r torq line '*@ready@*'
zpty -w -n torq "$2"$'\\t\\C-uprint ov""er\\n'
zpty -r torq line '*over*'
print -r -- $line
"""


@pytest.mark.skipif(not shutil.which("zsh"), reason="there is no zsh here")
@pytest.mark.parametrize("words, whole", [
    ("torq ann", "torq announce"), ("torq announce --numw", "--numwant"), ("torq announce --event com", "completed"),
    ("torq completion z", "zsh"), ("torq config chec", "torq config check"), ("torq config check a\\ fi", "a\\ file.iso"), ("torq get quic://a/b -o a\\ fi", "a\\ file.iso"),
])
def test_zsh(script, place, words, whole):
    done = subprocess.run(["zsh", "-fc", ZSH, "zsh", script("zsh"), words], cwd=place, capture_output=True, text=True, timeout=60,
                          check=False, stdin=subprocess.DEVNULL)

    assert whole in done.stdout, done
