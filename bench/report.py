# SPDX-License-Identifier: MIT
"""From measurements to a table that says how sure it is."""
import json
import math
import os
import pathlib
import platform
import statistics
import subprocess
import time

from contestants import PROJECT, WORK

RESULTS = WORK / "results.json"
PAGE = PROJECT / "bench/README.md"
BEGIN, END = "<!-- table: bench/run writes from here", "<!-- to here -->"


def interval_of_median(values):
    """Bounds that hold the median with at least 95 %, whatever the distribution; of few values, the least and the greatest."""
    ordered = sorted(values)
    count = len(ordered)
    below = 0.0
    rank = 0
    while rank < count // 2:
        below += math.comb(count, rank) / 2**count
        if 2 * below > 0.05:
            break
        rank += 1
    rank = max(rank, 1)
    return ordered[rank - 1], ordered[count - rank]


def machine():
    model = next((line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"


def commit():
    def git(*words):
        return subprocess.run(["git", "-C", PROJECT, *words], capture_output=True, text=True).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "--untracked-files=no", "--", ":/", ":!/bench/README.md") else "")


def remember(row, figures):
    """`figures`: contestant -> list of Figure, in the order of their pairs."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[row.name] = {
        "values": {name: [figure.value for figure in of] for name, of in figures.items()},
        "load": max(figure.load for of in figures.values() for figure in of),
        "commit": commit(), "machine": machine(), "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "busy": os.getloadavg()[1],
    }
    RESULTS.write_text(json.dumps(results, indent=1))
    return results


def _number(value):
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _spread(values):
    if not values:
        return ""
    middle = _number(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({_number(min(values))}-{_number(max(values))})"


def _ratio(row, values):
    ours, theirs = values.get("torq"), values.get(row.against)
    if not ours or not theirs or min(theirs) <= 0:
        return ""
    middle, low, high = ratio(ours, theirs)
    return f"{middle:.2f} x {row.against} ({low:.2f}-{high:.2f}, {len(ours)} pairs)"


def ratio(ours, theirs):
    """The median of the pairs' ratios, and its interval."""
    ratios = [a / b for a, b in zip(ours, theirs)]
    return statistics.median(ratios), *interval_of_median(ratios)


def line(row, found):
    values = found["values"]
    ours = values.get("torq", values.get("torq of two workers", []))
    load = f"{found['load']:.0%}" if found["load"] else ""
    cells = [row.what, row.unit, _spread(ours), _spread(values.get("quinn", [])), _spread(values.get("bare", [])), _ratio(row, values),
             row.target, load, found["commit"]]
    return "| " + " | ".join(cells) + " |"


def table(rows, results):
    head = ["work", "unit", "torq", "quinn", "bare", "torq to", "to reach", "load's core", "commit"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + [line(row, results[row.name]) for row in rows if row.name in results]


def write_page(rows, results):
    if not results:
        return
    last = max(results.values(), key=lambda found: found["at"])
    busy = max(found["busy"] for found in results.values())
    told = [f"Last run {last['at']} on {last['machine']}. The load average was {busy:.1f} at most; an idle machine has about 1 for the "
            "run itself."]
    text = PAGE.read_text()
    before, rest = text.split(BEGIN, 1)
    opening, after = rest.split("-->", 1)[0], rest.split(END, 1)[1]
    PAGE.write_text(before + BEGIN + opening + "-->\n" + "\n".join([*told, "", *table(rows, results), END]) + after)
