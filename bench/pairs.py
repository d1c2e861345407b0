# SPDX-License-Identifier: MIT
"""Measures the contestants of a row in turn, so that whatever the machine does to one it does to all."""
import random

from rows import servers_of

PAIRS_PER_START = 5  # a process has luck of its own with its memory: begin anew now and then


def measure(row, pairs, seconds):
    """Contestant -> its figures. A pair that lost one of its measurements counts for none."""
    order = list(getattr(row, "present", row.contestants))
    figures = {name: [] for name in order}
    if row.pairs:
        pairs = min(pairs, row.pairs)
    while len(figures[order[0]]) < pairs:
        if row.fresh:
            batch = [turn(order, lambda name: row.measure(name))]
        else:
            with row.servers() if hasattr(row, "servers") else servers_of(row) as servers:
                wanted = min(PAIRS_PER_START, pairs - len(figures[order[0]]))
                batch = [turn(order, lambda name: row.measure(servers[name], seconds)) for _ in range(wanted)]
        for found in batch:
            for name, figure in found.items():
                figures[name].append(figure)
    return figures


def turn(order, one):
    """Each contestant once, in an order of chance, so that no one always comes after the same other."""
    random.shuffle(order)
    return {name: one(name) for name in order}
