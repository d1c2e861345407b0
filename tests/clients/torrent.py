# SPDX-License-Identifier: MIT
"""A .torrent file (BEP 3) of one file, private (BEP 27), so that no client looks for peers but at its tracker."""
import hashlib

from harness.bencode import encode

PIECE = 64 * 1024


def describe(name, data, announce):
    """(the file's bytes, its info hash in hexadecimal)"""
    pieces = b"".join(hashlib.sha1(data[at:at + PIECE]).digest() for at in range(0, len(data), PIECE))
    info = {"length": len(data), "name": name, "piece length": PIECE, "pieces": pieces, "private": 1}
    return encode({"announce": announce, "info": info}), hashlib.sha1(encode(info)).hexdigest()
