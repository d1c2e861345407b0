# SPDX-License-Identifier: MIT
"""The pictures of docs/performance.md, of what bench/plot measured. Runs in bench/plot's own Python environment."""
import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

PALETTE = ("#5b6b7b", "#d1603d", "#e3a857", "#3d7ea6", "#9bbf85", "#7a5ca8", "#b58db6", "#2f9e77", "#bbbbbb")
LINES = {"torq": "#d1603d", "quinn": "#3d7ea6"}


def draw_profile(profiles, shares, path):
    """A bar for each row, cut by whose code the time was spent in."""
    names = list(profiles)
    figure, axes = pyplot.subplots(figsize=(9, 3.6), layout="constrained")
    left = [0.0] * len(names)
    for share, colour in zip(shares, PALETTE):
        parts = [profiles[name]["shares"].get(share, 0) for name in names]
        bars = axes.barh(names, parts, left=left, color=colour, label=share, height=0.72)
        axes.bar_label(bars, [f"{part:.0f}" if part >= 4 else "" for part in parts], label_type="center", fontsize=7, color="white")
        left = [a + b for a, b in zip(left, parts)]
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("percent of the server's CPU time")
    axes.tick_params(labelsize=8)
    figure.legend(loc="outside upper center", ncols=4, fontsize=7, frameon=False)
    _save(figure, path)


def draw_curves(curves, told, path):
    """A panel for each curve."""
    names = [name for name in told if name in curves]
    columns = 3
    lines = -(-len(names) // columns)
    figure, grid = pyplot.subplots(lines, columns, figsize=(9, 2.7 * lines), layout="constrained", squeeze=False)
    panels = [axes for line in grid for axes in line]
    for axes, name in zip(panels, names):
        curve = curves[name]
        for who, values in curve["values"].items():
            values = [float("nan") if value is None else value for value in values]
            axes.plot(curve["at"], values, "o-", markersize=3, linewidth=1.2, label=who, color=LINES.get(who))
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.set_xlabel(told[name][0], fontsize=7)
        axes.set_ylabel(told[name][1], fontsize=7)
        axes.tick_params(labelsize=7)
        axes.grid(alpha=0.25)
    panels[0].legend(fontsize=7, frameon=False)
    for axes in panels[len(names):]:
        axes.set_axis_off()
    _save(figure, path)


def _save(figure, path):
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)


def main():
    """On standard input: what was measured, and what it is called."""
    folder = pathlib.Path(sys.argv[1])
    told = json.load(sys.stdin)
    measured = told["measured"]
    if measured.get("profiles"):
        draw_profile(measured["profiles"], told["shares"], folder / "profile.png")
    if measured.get("curves"):
        draw_curves(measured["curves"], told["curves"], folder / "growth.png")


if __name__ == "__main__":
    main()
