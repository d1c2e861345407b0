# SPDX-License-Identifier: MIT
"""A server that answers what its script says, right or wrong: for showing clients what they may meet.

usage: scripted_server.py SCRIPT [the options of server.py that concern the connection]

SCRIPT is a JSON list of rules. The first whose `contains` is in the request decides; without one the answer is UNKNOWN_REQUEST.
    {"contains": "port", "answer": TEXT}             and the stream ends
    {"contains": "port", "hex": BYTES}               the same, for bytes that are no text
    {"contains": "port", "answer": TEXT, "end": false}   and nothing more comes
    {"contains": "port", "answer": TEXT, "reset": CODE}  and RESET_STREAM
    {"contains": "port", "answer": TEXT, "flood": TEXT}  and that again and again, without end
    {"contains": "port", "pages": N, "type": "file"}  a folder whose pages of N names have no end
    {"contains": "port", "close": CODE}              closes the connection
    {"contains": "port", "crypto": BYTES}            a TLS message (in hexadecimal) after the handshake, and no answer
Every request is printed as a JSON line, behind the ready line.
"""
import argparse
import asyncio
import json
import pathlib

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.quic.events import StreamDataReceived
from aioquic.tls import Epoch
from server import serve_until_told, transport_arguments

UNKNOWN = {"answer": json.dumps({"error": "unknown request type", "code": "UNKNOWN_REQUEST"})}


FLOOD = 1 << 20  # bytes on their way


def page_behind(name, count, kind):
    names = [f"{int(name) + n:07}" for n in range(1, count + 1)]
    entries = ",".join(f'{{"name":"{name}","type":"{kind}","size":0}}' for name in names)
    return f'{{"list":"","entries":[{entries}],"truncated":true}}'.encode()


class Connection(QuicConnectionProtocol):
    def __init__(self, quic, rules):
        super().__init__(quic)
        self._rules = rules
        self._requests = {}

    def quic_event_received(self, event):
        if isinstance(event, StreamDataReceived) and event.stream_id % 4 == 0:
            request = self._requests.setdefault(event.stream_id, bytearray())
            request += event.data
            if event.end_stream:
                self._answer(event.stream_id, self._requests.pop(event.stream_id).decode(errors="replace"))

    def _answer(self, stream_id, request):
        print(json.dumps({"event": "request", "text": request}), flush=True)
        rule = next((rule for rule in self._rules if rule["contains"] in request), UNKNOWN)
        if "close" in rule:
            self._quic.close(error_code=rule["close"], reason_phrase="as the script says")
            return
        if "crypto" in rule:
            self._quic._crypto_streams[Epoch.ONE_RTT].sender.write(bytes.fromhex(rule["crypto"]))
            return
        data = bytes.fromhex(rule["hex"]) if "hex" in rule else rule.get("answer", "").encode()
        if "pages" in rule:
            data = page_behind(json.loads(request).get("after", "0"), rule["pages"], rule["type"])
        ends = rule.get("end", True) and "reset" not in rule and "flood" not in rule
        self._quic.send_stream_data(stream_id, data, end_stream=ends)
        if "flood" in rule:
            asyncio.ensure_future(self._flood(stream_id, rule["flood"].encode()))
        if "reset" in rule:
            # What was written must leave first, a reset would take it back.
            asyncio.get_running_loop().call_later(0.1, self._reset, stream_id, rule["reset"])

    async def _flood(self, stream_id, data):
        """As fast as the client takes it, until it wants no more."""
        stream = self._quic._streams[stream_id]
        while not stream.is_finished and stream.sender._reset_error_code is None and self._quic._close_event is None:
            if len(stream.sender._buffer) < FLOOD:
                self._quic.send_stream_data(stream_id, data)
                self.transmit()
            await asyncio.sleep(0 if len(stream.sender._buffer) < FLOOD else 0.002)

    def _reset(self, stream_id, code):
        self._quic.reset_stream(stream_id, code)
        self.transmit()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("script", type=pathlib.Path)
    transport_arguments(parser)
    options = parser.parse_args()
    rules = json.loads(options.script.read_text())
    asyncio.run(serve_until_told(options, lambda quic, **_: Connection(quic, rules)))


if __name__ == "__main__":
    main()
