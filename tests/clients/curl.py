# SPDX-License-Identifier: MIT
"""libcurl through its C interface: asks for URLs over HTTP/3 and nothing else. A program of its own, because a process has but one
libcurl: LIBRARY CA [RANGE] URL..., answers as lines of JSON."""
import base64
import ctypes
import hashlib
import json
import sys

# curl/curl.h
CAINFO, RANGE, URL, WRITEFUNCTION, HEADERFUNCTION, HTTP_VERSION, TIMEOUT = 10065, 10007, 10002, 20011, 20079, 84, 13
HTTP_3_ONLY, RESPONSE_CODE, USED_VERSION = 31, 0x200000 + 2, 0x200000 + 46
NO_HTTP3 = 3  # our exit code

library, ca, *wanted = sys.argv[1:]
curl = ctypes.CDLL(library)
curl.curl_version.restype = ctypes.c_char_p
curl.curl_easy_init.restype = ctypes.c_void_p
curl.curl_easy_strerror.restype = ctypes.c_char_p
for variadic in (curl.curl_easy_setopt, curl.curl_easy_getinfo):
    variadic.argtypes = (ctypes.c_void_p, ctypes.c_int)
curl.curl_easy_perform.argtypes = (ctypes.c_void_p,)
if b"nghttp3" not in curl.curl_version():
    print(curl.curl_version().decode(), file=sys.stderr)
    sys.exit(NO_HTTP3)

Sink = ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.POINTER(ctypes.c_char), ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p)
handle = curl.curl_easy_init()


def sink_into(target):
    @Sink
    def take(data, size, count, _):
        target.extend(ctypes.string_at(data, size * count))
        return size * count
    return take


def got(what):
    value = ctypes.c_long()
    curl.curl_easy_getinfo(handle, what, ctypes.byref(value))
    return value.value


for one in wanted:
    span, _, url = one.rpartition(" ")
    body, head = bytearray(), bytearray()
    sinks = sink_into(body), sink_into(head)
    for option, value in ((HTTP_VERSION, ctypes.c_long(HTTP_3_ONLY)), (TIMEOUT, ctypes.c_long(20)), (CAINFO, ca.encode()), (URL, url.encode()),
                          (RANGE, span.removeprefix("bytes=").encode() or None), (WRITEFUNCTION, sinks[0]), (HEADERFUNCTION, sinks[1])):
        failure = curl.curl_easy_setopt(handle, option, value)
        assert failure == 0, (option, curl.curl_easy_strerror(failure))
    failure = curl.curl_easy_perform(handle)
    assert failure == 0, curl.curl_easy_strerror(failure).decode()
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    print(json.dumps({"protocol": {30: "HTTP/3.0"}.get(got(USED_VERSION)), "status": got(RESPONSE_CODE), "size": len(body),
                      "range": fields.get("content-range", ""), "sha256": hashlib.sha256(body).hexdigest(),
                      "begin": base64.b64encode(body[:4096]).decode()}))
