# SPDX-License-Identifier: MIT
"""Real clients and a real server over a bad road, for as long as is wished; see docs/chaos.md.

usage: chaos.py --mild SECONDS | --seconds N   [--seed S] [--folder DIR]

TORQ_BINARY, TORQ_SHIM and TORQ_PEERS say which programs. Exit code 0 when nothing failed, 1 when something did, 130 when interrupted.
"""
import argparse
import collections
import pathlib
import secrets
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "interop"))
import plan  # noqa: E402
import travellers  # noqa: E402
from harness import seed as files  # noqa: E402
from world import Fault, Shim, World  # noqa: E402

MILD_FILE = "large.bin"
WIPE = "\r\x1b[K"


class Telling:
    """Lines on standard error, the last one drawn over on a terminal; the table at the end on standard output."""

    def __init__(self):
        self._begun = time.monotonic()
        self._live = sys.stderr.isatty()

    def say(self, text):
        print(f"{WIPE if self._live else ''}{time.monotonic() - self._begun:8.1f} s  {text}", file=sys.stderr, flush=True)

    def live(self, text):
        if self._live:
            print(f"{WIPE}{time.monotonic() - self._begun:8.1f} s  {text}", end="", file=sys.stderr, flush=True)


class Run:
    def __init__(self, folder, seed, mild):
        self._folder, self._mild = folder, mild
        root = folder / "root"
        files.make(root)
        self._reference, self._names = root, sorted(files.SIZES)
        if mild:
            self._names = [MILD_FILE]
            self._reference = folder / "reference"
            self._reference.mkdir()
            (self._reference / MILD_FILE).symlink_to(root / MILD_FILE)
        self._root = root
        self._seed = seed
        self._telling = Telling()
        self.totals = collections.defaultdict(collections.Counter)
        self.road = collections.Counter()
        self.faults = []
        self._spell = "fair"
        self.world = World(folder, root)

    def go(self, legs, seconds):
        begun = time.monotonic()
        number = 0
        for leg in legs:
            if time.monotonic() - begun + leg.seconds > seconds and number >= 3 and not self._mild:
                break
            number += 1
            self._leg(number, leg)
        self.world.end(signal.SIGTERM)
        self._telling.say(f"{number} legs, {self.world.restarts} restarts")

    def _leg(self, number, leg):
        before = len(self.faults)
        shim = Shim(self._folder, self.world.address, leg.seed)
        clients = self._clients(shim.address, leg)
        try:
            with travellers.under_way(clients):
                self._weather(number, leg, shim)
                shim.obey("clear")
        finally:
            self._gather(clients)
        fds = self.world.wait_until_left()
        self._count_road(shim.finish())
        memory = self.world.memory() if leg.deaths else self.world.check_memory()
        for fault in self.faults[before:]:
            self._telling.say(f"FAIL  {fault}")
        counted = ", ".join(f"{client.name_}: {client.counts['OK']} OK, {client.counts['RETRY']} RETRY" for client in clients)
        self._telling.say(f"leg {number}{' with deaths' if leg.deaths else ''}: {counted}; server {memory / 1e6:.1f} MB, {fds} descriptors")

    def _clients(self, address, leg):
        words = (address, self._root, self._names, leg.seed, self.world.died_since, lambda: self._spell)
        parallel = 2 if self._mild else 8
        foreign = [travellers.Quinn(self._sub("quinn"), *words)]
        if not self._mild:
            foreign.append(travellers.Aioquic(*words))
        return [travellers.Soak(self._sub("soak"), address, self.world.pin, self._reference, leg.seconds, parallel), *foreign]

    def _sub(self, name):
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        return folder

    def _weather(self, number, leg, shim):
        begun = time.monotonic()
        deaths, spells, until = list(leg.deaths), list(leg.spells), 0
        while (now := time.monotonic() - begun) < leg.seconds:
            if spells and now >= until:
                spell = spells.pop(0)
                until += spell.seconds
                shim.obey(f"clear {spell.words}")
                self._spell = spell.name
                self._telling.live(f"leg {number}: {spell.name}: {spell.words}")
            if deaths and now >= deaths[0][0]:
                signal_number = deaths.pop(0)[1]
                self._telling.live(f"leg {number}: {signal_number.name}")
                self.world.replace(signal_number)
            time.sleep(0.05)

    def _gather(self, clients):
        for client in clients:
            self.totals[client.name_].update(client.counts)
            self.faults += client.faults

    def _count_road(self, counts):
        self.road.update({"rebindings": counts["rebindings"]})
        for direction in ("to_server", "to_client"):
            self.road.update(counts[direction])

    def table(self):
        lines = [f"{'client':<10}{'OK':>9}{'RETRY':>9}{'FAIL':>9}"]
        lines += [f"{name:<10}{counts['OK']:>9}{counts['RETRY']:>9}{counts['FAIL']:>9}" for name, counts in self.totals.items()]
        lines.append("road: " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in self.road.items()))
        for name, counts in self.totals.items():
            lines += [f"{name}: {count} x {reason}" for reason, count in counts.items() if reason.startswith("retry: ")]
        return "\n".join(lines)


def arguments():
    parser = argparse.ArgumentParser(description="a server and its clients over a bad road")
    parser.add_argument("--mild", action="store_true", help="the form of ./test: loss to 5 %%, large.bin alone")
    parser.add_argument("--seconds", type=int, required=True, help="so long, about")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32), help="of weather, fates and deaths (default: a new one)")
    parser.add_argument("--folder", type=pathlib.Path, help="keeps what the programs wrote (default: a temporary one)")
    return parser.parse_args()


def chaos(said, folder):
    print(f"chaos: seed {said.seed}", flush=True)
    run = Run(folder, said.seed, said.mild)
    legs = plan.mild_legs(said.seed, said.seconds) if said.mild else plan.bad_legs(said.seed)
    try:
        run.go(legs, said.seconds)
    except Fault as fault:
        run.faults.append(str(fault))
    finally:
        run.world.give_up()
    print(run.table())
    for fault in run.faults:
        print(f"FAIL  {fault}")
    print(f"chaos: seed {said.seed}: {f'{len(run.faults)} FAIL' if run.faults else 'nothing failed'}")
    return 1 if run.faults else 0


def main():
    said = arguments()
    try:
        if said.folder:
            said.folder.mkdir(parents=True)
            return chaos(said, said.folder.resolve())
        with tempfile.TemporaryDirectory() as folder:
            return chaos(said, pathlib.Path(folder))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
