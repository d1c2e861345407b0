# SPDX-License-Identifier: MIT
"""A NAT between a client and a server: forwards datagrams, and changes its outer address when told, as NATs do behind a client's back.

Neither side takes part in it, so it serves every pair of stacks. One inner client at a time. With `forget_after`, a list of byte
counts, it also changes by itself when so much has come in: in the middle of a download, at the same place each time.
"""
import contextlib
import queue
import selectors
import socket
import threading

BURST = 64  # datagrams from one side before the other gets its turn


class Nat:
    def __init__(self, server, outer="127.0.0.1", forget_after=()):
        self._server = server
        self._came_in = 0
        self._forget_after = list(forget_after)
        self._family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        self._inner = self._socket("::1" if self._family == socket.AF_INET6 else "127.0.0.1")
        self._outer = self._socket(outer)
        self._client = None
        self._fresh = queue.Queue()
        self._bell, self._ear = socket.socketpair()
        self._thread = threading.Thread(target=self._forward, daemon=True)
        self._thread.start()

    def _socket(self, address):
        made = socket.socket(self._family, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        made.bind((address, 0))
        made.setblocking(False)
        return made

    @property
    def address(self):
        """What the client connects to."""
        return self._inner.getsockname()[:2]

    def rebind(self, outer="127.0.0.1"):
        """From now on the server sees another port (and address); what it sends to the old one is lost."""
        fresh = self._socket(outer)
        self._fresh.put(fresh)
        self._bell.send(b"x")
        self._fresh.join()
        return fresh.getsockname()[:2]

    def _forward(self):
        with selectors.DefaultSelector() as selector:
            for one in (self._inner, self._outer, self._ear):
                selector.register(one, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._inner:
                        self._outwards()
                    elif key.fileobj is self._outer:
                        self._inwards(selector)
                    elif key.fileobj is self._ear:
                        if not self._ear.recv(1):
                            return
                        self._swap(selector, self._fresh.get())
                        self._fresh.task_done()
                    # What is left is an outer socket that was swapped in this very round.

    def _swap(self, selector, fresh):
        selector.unregister(self._outer)
        self._outer.close()
        self._outer = fresh
        selector.register(fresh, selectors.EVENT_READ)

    def _outwards(self):
        for data, source in self._waiting(self._inner):
            self._client = source
            self._send(self._outer, data, self._server)

    def _inwards(self, selector):
        for data, _ in self._waiting(self._outer):
            self._send(self._inner, data, self._client)
            self._came_in += len(data)
        if self._forget_after and self._came_in >= self._forget_after[0]:
            self._forget_after.pop(0)
            self._swap(selector, self._socket(self._outer.getsockname()[0]))

    @property
    def has_forgotten(self):
        """Whether everything that it was to forget is forgotten."""
        return not self._forget_after

    @staticmethod
    def _waiting(one):
        for _ in range(BURST):
            try:
                yield one.recvfrom(65536)
            except OSError:
                return

    @staticmethod
    def _send(one, data, to):
        with contextlib.suppress(OSError):  # a NAT loses datagrams, too
            one.sendto(data, to)

    def close(self):
        self._bell.close()
        self._thread.join()
        for one in (self._inner, self._outer, self._ear):
            one.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
