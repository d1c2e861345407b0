# SPDX-License-Identifier: MIT
"""Colour: on terminals only, and never against somebody's will."""
import os
import pty
import subprocess

import pytest

from harness import torq


def on_a_terminal(command, **variables):
    """What a failing verb shows to a person."""
    ours, theirs = pty.openpty()
    environment = {**{name: value for name, value in command.environment.items() if name != "NO_COLOR"}, "TERM": "xterm", **variables}
    with subprocess.Popen([torq.binary(), "get", "quic://no-such-host.invalid/x", "--insecure"], stdin=subprocess.DEVNULL,
                          stdout=theirs, stderr=theirs, cwd=command.folder, env=environment) as process:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:  # all its other ends are closed
            pass
        assert process.wait(60) == 4
    return shown.decode()


def test_a_terminal_has_some(command):
    assert "\x1b[1;31mtorq:\x1b[0m quic://no-such-host.invalid/x: " in on_a_terminal(command)


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}])
def test_who_wants_none_gets_none(command, variables):
    shown = on_a_terminal(command, **variables)

    assert "torq: quic://" in shown and "\x1b" not in shown


def test_an_empty_no_color_means_nothing(command):
    assert "\x1b[1;31m" in on_a_terminal(command, NO_COLOR="")


def test_a_pipe_has_none(command):
    assert "\x1b" not in command("get", "quic://no-such-host.invalid/x", "--insecure").err
