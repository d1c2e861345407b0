# SPDX-License-Identifier: MIT
"""The six test files of the document, and how each looks as an answer."""
import hashlib
import json

SIZES = {"hello_world.txt": 30, "small.txt": 35, "data.json": 39, "medium.bin": 500_000, "log.txt": 1_500_000, "large.bin": 20_000_000}


def make(folder):
    """Fills the folder with the same bytes each time, every value among them."""
    folder.mkdir()
    for name, size in SIZES.items():
        (folder / name).write_bytes(hashlib.shake_128(name.encode()).digest(size))


def listed(folder, name):
    """The answer to a file request, to the byte: members in the order of the protocol."""
    data = (folder / name).read_bytes()
    numbers = ",".join(map(str, data))
    return f'{{"data":[{numbers}],"filename":{json.dumps(name)},"size":{len(data)}}}'.encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()
