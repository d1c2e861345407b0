# SPDX-License-Identifier: MIT
"""What happens in a chaos run, drawn from its seed before it begins: legs of weather, and when the server dies in them.

A life is the time of one server process: some storms, alike in length and kinds of weather, so that its memory can be compared
between them, and a last leg in which it is told to end, and killed. Later lives are longer.
"""
import dataclasses
import random
import signal

LONGEST_LIFE = 10


@dataclasses.dataclass(frozen=True)
class Spell:
    """Some seconds of one weather: words for torq-shim."""

    name: str
    seconds: float
    words: str


@dataclasses.dataclass(frozen=True)
class Leg:
    spells: list
    deaths: list  # (seconds after its begin, signal)
    seed: int

    @property
    def seconds(self):
        return sum(spell.seconds for spell in self.spells)


def _bad_weathers(dice):
    def chance(most):
        return f"{dice.uniform(most / 10, most):.3f}"

    return {
        "fair": "clear",
        "loss": f"loss={chance(0.3)} delay={dice.randint(0, 20)}",
        "disorder": f"reordering={chance(0.2)} duplication={chance(0.1)} delay={dice.randint(0, 10)}",
        "far": f"delay={dice.randint(30, 120)} jitter={dice.randint(5, 60)}",
        "narrow": f"mtu={dice.randint(1200, 1500)} loss={chance(0.02)}",
        "moving": f"rebind=1000 sources={dice.randint(1, 3)} loss={chance(0.02)}",
        "dark": f"delay={dice.randint(0, 20)} blackout=5000",
        "storm": f"loss={chance(0.1)} reordering={chance(0.1)} duplication={chance(0.05)} delay={dice.randint(5, 40)} "
                 f"jitter={dice.randint(5, 30)} mtu={dice.randint(1200, 1500)} rebind={dice.randint(1000, 3000)} sources=3",
    }


def _bad_leg(dice, deadly):
    spells = []
    for name, words in _bad_weathers(dice).items():
        # A spell outlives the blackout in it: what was lost in the dark is sent again after it.
        spells.append(Spell(name, 9 if name == "dark" else 5, words))
    dice.shuffle(spells)
    seconds = sum(spell.seconds for spell in spells)
    deaths = []
    if deadly:
        kinds = [signal.SIGTERM, signal.SIGKILL]
        dice.shuffle(kinds)
        deaths = [(dice.uniform(0.1, 0.4) * seconds, kinds[0]), (dice.uniform(0.5, 0.8) * seconds, kinds[1])]
    return Leg(spells, deaths, dice.getrandbits(32))


def bad_legs(seed):
    """Without end."""
    dice = random.Random(seed)
    storms = 2
    while True:
        for _ in range(storms):
            yield _bad_leg(dice, deadly=False)
        yield _bad_leg(dice, deadly=True)
        storms = min(storms + 1, LONGEST_LIFE)


def mild_legs(seed, seconds):
    """The form for every change: loss to 5 %, two storms and a leg with two deaths."""
    dice = random.Random(seed)
    for deaths in ([], [], [(0.3, signal.SIGTERM), (0.65, signal.SIGKILL)]):
        spells = [Spell(f"{loss} %", seconds / 9, f"loss={loss / 100} delay={dice.randint(1, 3)} reordering=0.01 duplication=0.01")
                  for loss in dice.sample([1, 2, 3, 4, 5], 3)]
        yield Leg(spells, [(part * seconds / 3, number) for part, number in deaths], dice.getrandbits(32))
