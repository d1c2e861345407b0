# SPDX-License-Identifier: MIT
"""A .torrent file (BEP 3) of one file, private (BEP 27), so that no client looks for peers but at its tracker."""
import hashlib

PIECE = 64 * 1024


def encode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        return encode(value.encode())
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(encode, value)) + b"e"
    return b"d" + b"".join(encode(key) + encode(value[key]) for key in sorted(value)) + b"e"


def describe(name, data, announce):
    """(the file's bytes, its info hash in hexadecimal)"""
    pieces = b"".join(hashlib.sha1(data[at:at + PIECE]).digest() for at in range(0, len(data), PIECE))
    info = {"length": len(data), "name": name, "piece length": PIECE, "pieces": pieces, "private": 1}
    return encode({"announce": announce, "info": info}), hashlib.sha1(encode(info)).hexdigest()
