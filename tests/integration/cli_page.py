# SPDX-License-Identifier: MIT
"""docs/cli.md as data: its verbs, their options, and the JSON that they print."""
import pathlib
import re

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "cli.md"
HEADING = re.compile(r"^(##+) (.*)$")
CODE = re.compile(r"`([^`]+)`")

TYPES = {
    "text": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "whole number": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "true or false": lambda value: isinstance(value, bool),
}


class Section:
    """One heading, and the table and links below it."""

    def __init__(self, level, title):
        self.level, self.title, self.rows, self.takes_trust = level, title, [], False

    @property
    def names(self):
        """What the first column puts in code: `-o`, `--output`."""
        return {name for row in self.rows for name in CODE.findall(row[0])}


class Verb:
    def __init__(self, section):
        self.options, self.takes_trust, self.shapes = section.names, section.takes_trust, []


class Shape:
    """One kind of JSON object: dotted paths, `[]` for the members of a list, to (type, whether always there)."""

    def __init__(self, section):
        self.name = section.title
        self.fields = {name: (row[1], row[3] == "always") for row in section.rows for name in CODE.findall(row[0])}

    def faults(self, value):
        """What of an object is not as documented."""
        return [*self._unknown(value), *self._missing(value)]

    def _unknown(self, value):
        for path, leaf in leaves(value):
            if path not in self.fields:
                yield f"{path} is not documented"
            elif not TYPES[self.fields[path][0]](leaf):
                yield f"{path} is no {self.fields[path][0]}: {leaf!r}"

    def _missing(self, value):
        for path, (_, always) in self.fields.items():
            if always and not path_exists(value, path):
                yield f"{path} is missing"


def leaves(value, path=""):
    """(path, value) of everything that is neither object nor list."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member, f"{path}[]")
    else:
        yield path, value


def path_exists(value, path):
    """In a list, every member must have it; an empty list has what its members would have."""
    if not path:
        return True
    name, _, rest = path.partition(".")
    is_list = name.endswith("[]")
    name = name.removesuffix("[]")
    if not isinstance(value, dict) or name not in value or isinstance(value[name], list) != is_list:
        return False
    return all(path_exists(member, rest) for member in (value[name] if is_list else [value[name]]))


def sections():
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if heading := HEADING.match(line):
            found.append(Section(len(heading[1]), heading[2]))
        elif line.startswith("| ") and found:
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if CODE.search(cells[0]) or cells[0].isdigit():
                found[-1].rows.append(cells)
        elif "(#trust)" in line:
            found[-1].takes_trust = True
    return found


def read():
    """The verbs by their names, and the exit codes with their meanings."""
    verbs, codes, trust = {}, {}, set()
    for section in sections():
        if section.title.startswith("torq "):
            last = verbs[section.title.removeprefix("torq ")] = Verb(section)
        elif section.title == "Trust":
            trust = section.names
        elif section.title == "Exit codes":
            codes = {int(row[0]): row[1] for row in section.rows}
        elif section.title.startswith("JSON: "):
            last.shapes.append(Shape(section))
    for verb in verbs.values():
        verb.options |= {"-h", "--help"} | (trust if verb.takes_trust else set())
    return verbs, codes
