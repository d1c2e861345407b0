# SPDX-License-Identifier: MIT
"""A tracker and two peers in network namespaces, on one bridge: their addresses are routable for the clients, which refuse peers on
loopback, and reach nothing outside."""
import os
import pathlib
import shutil
import subprocess

# RFC 2544 and RFC 3849: no client takes these for private, loopback or link-local addresses, and no machine has them.
ADDRESSES = {
    "tracker": {"ipv4": "198.18.7.1", "ipv6": "2001:db8:7::1"},
    "seeder": {"ipv4": "198.18.7.2", "ipv6": "2001:db8:7::2"},
    "leecher": {"ipv4": "198.18.7.3", "ipv6": "2001:db8:7::3"},
}
# Names of the tracker, one for each family: not all clients take an IPv6 address in a URL.
NAMES = {family: f"{family}.tracker.test" for family in ("ipv4", "ipv6")}
SPACES = "/run/netns"


class Unavailable(Exception):
    pass


class Network:
    """Namespaces `name`-tracker, `name`-seeder, `name`-leecher; the bridge is in the tracker's."""

    def __init__(self, name):
        if not shutil.which("ip"):
            raise Unavailable("there is no command ip (Debian's iproute2)")
        self.name, self._made = name, []
        try:
            for role in ADDRESSES:
                self._write_hosts(role)
                self._ip("netns", "add", self._space(role))
                self._made.append(role)
                self._in(role, "link", "set", "lo", "up")
            self._in("tracker", "link", "add", "bridge", "type", "bridge", "stp_state", "0", "forward_delay", "0")
            self._address("tracker", "bridge")
            for role in list(ADDRESSES)[1:]:
                self._in("tracker", "link", "add", role, "type", "veth", "peer", "name", "wire", "netns", self._space(role))
                self._in("tracker", "link", "set", role, "master", "bridge", "up")
                self._address(role, "wire")
        except BaseException:
            self.close()
            raise

    def _etc(self, role):
        """What is in this folder lies over /etc for the commands of that namespace (ip-netns(8))."""
        return pathlib.Path("/etc/netns", self._space(role))

    def _write_hosts(self, role):
        self._etc(role).mkdir(parents=True)
        names = "".join(f"{ADDRESSES['tracker'][family]} {name}\n" for family, name in NAMES.items())
        (self._etc(role) / "hosts").write_text("127.0.0.1 localhost\n" + names)
        (self._etc(role) / "resolv.conf").write_text("nameserver 127.0.0.1\n")  # where nobody listens: it is refused at once

    def _space(self, role):
        return f"{self.name}-{role}"

    def _address(self, role, device):
        """With a default route, so that whatever else a client looks for fails at once."""
        mine = ADDRESSES[role]
        self._in(role, "link", "set", device, "up")
        self._in(role, "addr", "add", mine["ipv4"] + "/24", "dev", device)
        self._in(role, "addr", "add", mine["ipv6"] + "/64", "dev", device, "nodad")
        self._in(role, "route", "add", "default", "dev", device)
        self._in(role, "-6", "route", "add", "default", "dev", device)

    def _in(self, role, *words):
        self._ip("-n", self._space(role), *words)

    @staticmethod
    def _ip(*words):
        done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(f"ip {' '.join(words)}: {done.stderr.strip()}")

    def inside(self, role):
        """The words before a command that is to run there."""
        return ("ip", "netns", "exec", self._space(role))

    def close(self):
        for role in self._made:
            subprocess.run(["ip", "netns", "del", self._space(role)], check=False)
        for role in ADDRESSES:
            shutil.rmtree(self._etc(role), ignore_errors=True)
        # ip has mounted the folder of the names over itself: whoever wants to remove this tree could not.
        if self._made and not os.listdir(SPACES):
            subprocess.run(["umount", SPACES], check=False)
