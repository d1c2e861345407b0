# SPDX-License-Identifier: MIT
"""Bencoding as BEP 3 has it, read strictly: keys sorted, one form for each number, nothing behind the end."""


def encode(value):
    """Of numbers, bytes, texts, lists, and dictionaries whose keys are all texts or all bytes."""
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        return encode(value.encode())
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(encode, value)) + b"e"
    return b"d" + b"".join(encode(key) + encode(value[key]) for key in sorted(value)) + b"e"


def decode(data):
    value, end = _value(data, 0)
    assert end == len(data), f"{len(data) - end} bytes behind the end"
    return value


def _value(data, at):
    kind = data[at:at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        digits = data[at + 1:end]
        assert str(int(digits)).encode() == digits, digits
        return int(digits), end + 1
    if kind == b"l":
        items, at = [], at + 1
        while data[at:at + 1] != b"e":
            item, at = _value(data, at)
            items.append(item)
        return items, at + 1
    if kind == b"d":
        members, at = {}, at + 1
        while data[at:at + 1] != b"e":
            key, at = _value(data, at)
            assert not members or key > max(members), f"{key} is not in its place"
            members[key], at = _value(data, at)
        return members, at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    assert end <= len(data)
    return data[colon + 1:end], end
