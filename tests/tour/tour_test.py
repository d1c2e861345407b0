#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the tour of the README as a reader would, and holds its output against what the README promises.

usage: tour_test.py PROJECT

In README.md, a fenced block after `<!-- tour: server -->` starts the server, one after `<!-- tour: shows TEXT -->` lines is run
beside it by bash, which must exit 0 and say every TEXT, in that order. Only what differs from machine to machine is replaced:
  ./run                 (server)  ./run --json --listen 127.0.0.1:0, with a state directory of its own
  quic://localhost                quic://127.0.0.1 and the port that the server got
  pin=sha256:...                  the pin that the server said
"""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"((?:^<!-- tour: [^\n]+ -->\n)+)^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"<!-- tour: (server|shows (.+)) -->")
STARTED_SECONDS = 240  # ./run looks whether there is something to build
ENDED_SECONDS = 20
TOUR_SECONDS = 240


def blocks_of(readme):
    """The server's block, and the tour's blocks with what each must show."""
    server, tour = [], []
    for marks, script in BLOCK.findall(readme):
        shown = [text for _, text in MARK.findall(marks) if text]
        if shown:
            tour.append((script, shown))
        else:
            server.append(script)
    if len(server) != 1 or not tour:
        sys.exit("README.md: wanted one server block and at least one block of the tour")
    return server[0], tour


def replace_once_or_more(text, old, new):
    if old not in text:
        sys.exit(f"README.md: the tour has no {old!r} to replace")
    return text.replace(old, new)


@contextlib.contextmanager
def running_server(script, project, environment):
    """Yields the server's ready line; at the end an interrupt must end it with exit code 0."""
    command = replace_once_or_more(script, "./run", "exec ./run --json --listen 127.0.0.1:0")
    with subprocess.Popen(["bash", "-euc", command], cwd=project, env=environment, stdout=subprocess.PIPE, text=True,
                          start_new_session=True) as server:
        try:
            with deadline(STARTED_SECONDS, server):
                line = server.stdout.readline()
            if not line:
                sys.exit(f"the server ended before it was ready: exit code {server.wait()}")
            yield json.loads(line)
            server.send_signal(signal.SIGINT)
            if (code := server.wait(ENDED_SECONDS)) != 0:
                sys.exit(f"the server's exit code after an interrupt: {code}")
        finally:
            end_all_of(server)


def end_all_of(process):
    """The process and those that it started: ./run may be in the middle of a build."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@contextlib.contextmanager
def deadline(seconds, process):
    """Ends a process that says nothing, so that a read from it ends too."""
    def end(*_):
        end_all_of(process)
    signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def walk(script, shown, ready, project, environment):
    script = replace_once_or_more(script, "quic://localhost", f"quic://127.0.0.1:{ready['listen'][0]['port']}")
    script = replace_once_or_more(script, "pin=sha256:...", f"pin={ready['pin']}")
    done = subprocess.run(["bash", "-euc", script], cwd=project, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=TOUR_SECONDS, check=False)
    print(done.stdout)
    if done.returncode != 0:
        sys.exit(f"the tour ended with exit code {done.returncode}")
    rest = done.stdout
    for text in shown:
        before, found, rest = rest.partition(text)
        if not found:
            sys.exit(f"the tour did not show {text!r}")


def main(project):
    server, tour = blocks_of((pathlib.Path(project) / "README.md").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as state:
        environment = {**os.environ, "XDG_STATE_HOME": state}
        with running_server(server, project, environment) as ready:
            for script, shown in tour:
                walk(script, shown, ready, project, environment)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
