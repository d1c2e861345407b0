# SPDX-License-Identifier: MIT
"""BitTorrent clients as they are, each told to find peers through its tracker alone: how it is started on a .torrent file and a
folder. All of them go on seeding when they have the file."""
import json
import os
import pathlib
import shutil
import signal
import subprocess

END_SECONDS = 30
PORT = 6881
BUILD = pathlib.Path(__file__).parents[2] / "build"


class Client:
    """One that runs, in a folder of its own; `data` is where the file is, or comes to be."""

    program = None
    package = None  # Debian's
    end_signal = signal.SIGTERM

    def __init__(self, inside, folder, torrent, ca):
        self.folder, self.data, self.ca = folder, folder / "data", ca
        self.data.mkdir(exist_ok=True)
        self.inside, self.torrent = inside, torrent
        environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), "XDG_DATA_HOME": str(folder / "share"),
                       "TERM": "xterm", "SSL_CERT_FILE": str(ca), "CURL_CA_BUNDLE": str(ca), **self.environment()}
        self.log = folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*map(str, (*inside, *self.words()))], cwd=folder, env=environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    @classmethod
    def is_here(cls):
        return shutil.which(cls.program) is not None

    @classmethod
    def comes_from(cls):
        return f"Debian's {cls.package}"

    def environment(self):
        return {}

    def words(self):
        raise NotImplementedError

    def leave(self):
        """Makes it say `stopped` to the tracker."""
        self.process.send_signal(self.end_signal)

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(self.end_signal)
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def describe(self):
        return f"--- {self.program} in {self.folder.name}:\n{self.log.read_text(errors='replace')[-3000:]}"


class Aria2(Client):
    program, package = "aria2c", "aria2"
    end_signal = signal.SIGINT  # at SIGTERM it goes without a word

    def words(self):
        # Without DHT it has no UDP trackers; a private torrent is not looked for there, and nobody could be asked.
        return (self.program, "--enable-dht=true", "--enable-dht6=false", f"--dht-file-path={self.folder / 'dht.dat'}", "--enable-peer-exchange=false", "--bt-enable-lpd=false",
                "--no-conf=true", "--async-dns=false", "--check-integrity=true", "--seed-ratio=0", "--file-allocation=none", f"--listen-port={PORT}",
                f"--dht-listen-port={PORT}", f"--dir={self.data}", f"--ca-certificate={self.ca}", "--console-log-level=info",
                "--enable-color=false", "--show-console-readout=false", self.torrent)


class Transmission(Client):
    program = package = "transmission-daemon"

    def words(self):
        home, watched = self.folder / "transmission", self.folder / "watched"
        for made in (home, watched):
            made.mkdir()
        (home / "settings.json").write_text(json.dumps({
            "dht-enabled": False, "pex-enabled": False, "lpd-enabled": False, "utp-enabled": False, "rpc-bind-address": "127.0.0.1",
            "port-forwarding-enabled": False, "peer-port": PORT, "download-dir": str(self.data), "watch-dir": str(watched),
            "watch-dir-enabled": True, "trash-original-torrent-files": False, "message-level": 2}))
        shutil.copy(self.torrent, watched)
        return self.program, "--foreground", "--config-dir", home, "--log-info"

    def leave(self):
        """Its end cuts off what it tells HTTP trackers: `stopped` is heard only of torrents that are stopped before."""
        subprocess.run([*self.inside, "transmission-remote", "--torrent", "all", "--stop"], capture_output=True, check=True)


class Rtorrent(Client):
    program = package = "rtorrent"
    end_signal = signal.SIGINT

    def words(self):
        session = self.folder / "session"
        session.mkdir()
        settings = self.folder / "rtorrent.rc"
        settings.write_text("".join(line + "\n" for line in (
            "system.daemon.set = true", "dht.mode.set = disable", "protocol.pex.set = no", "trackers.use_udp.set = yes",
            f"network.port_range.set = {PORT}-{PORT}", "network.port_random.set = no", f"directory.default.set = {self.data}",
            f"session.path.set = {session}", f"network.http.cacert.set = {self.ca}", "pieces.hash.on_completion.set = no",
            f'log.open_file = "log", {self.folder / "rtorrent.log"}', 'log.add_output = "tracker_debug", "log"',
            f'schedule2 = load, 0, 0, ((load.start, "{self.torrent}"))')))
        return self.program, "-n", "-o", f"import={settings}"


class Qbittorrent(Client):
    program = package = "qbittorrent-nox"

    def words(self):
        config = self.folder / "profile" / "qBittorrent" / "config"
        config.mkdir(parents=True)
        (config / "qBittorrent.conf").write_text("\n".join((
            "[LegalNotice]", "Accepted=true", "[BitTorrent]", "Session\\DHTEnabled=false", "Session\\PeXEnabled=false",
            "Session\\LSDEnabled=false", f"Session\\Port={PORT}", f"Session\\DefaultSavePath={self.data}",
            "[Preferences]", "WebUI\\Port=18080", "[Network]", "PortForwardingEnabled=false", "")))
        return (self.program, f"--profile={self.folder / 'profile'}", f"--save-path={self.data}", "--skip-dialog=true", self.torrent)


class WebTorrent(Client):
    program = "webtorrent"
    command = BUILD / "webtorrent" / "node_modules" / "webtorrent-cli" / "bin" / "cmd.js"

    @classmethod
    def is_here(cls):
        return shutil.which("node") is not None and cls.command.exists()

    @classmethod
    def comes_from(cls):
        return "npm's webtorrent-cli"

    def environment(self):
        return {"NODE_EXTRA_CA_CERTS": str(self.ca), "DEBUG": "bittorrent-tracker*"}

    def words(self):
        return ("node", self.command, "download", self.torrent, "--out", self.data, "--keep-seeding", "--quiet", "--torrent-port", PORT,
                "--dht-port", PORT)


CLIENTS = {"aria2": Aria2, "transmission": Transmission, "rtorrent": Rtorrent, "qbittorrent": Qbittorrent, "webtorrent": WebTorrent}
