# SPDX-License-Identifier: MIT
"""Requests of the protocol, short to write."""
import json

HASH = "c0ffee" + "00" * 17
OTHER_HASH = "beef" * 10


def announce(port, info_hash=HASH, peer_id="-XX0001-123456789012", **members):
    return {"info_hash": info_hash, "peer_id": peer_id, "port": port, **members}


def file(name, **members):
    return {"file": name, **members}


def code_of(answer):
    """The code of an error answer, whose shape is checked on the way; None for an answer that is no error."""
    parsed = json.loads(answer)
    if "error" not in parsed:
        return None
    assert list(parsed)[:2] == ["error", "code"] and isinstance(parsed["error"], str), parsed
    return parsed["code"]


def ports(answer):
    return sorted(peer["port"] for peer in json.loads(answer)["peers"])


def counts(answer):
    parsed = json.loads(answer)
    return parsed["complete"], parsed["incomplete"]
