# SPDX-License-Identifier: MIT
"""The rules of harness/rules.py, each against the doors that it concerns, of one server. The numbers are those of docs/wire.md, "What
clients send"."""
import contextlib
import pathlib
import re
import socket
import struct

import pytest

from harness import doors, rules, torq, udp
from harness.doors import PEER_ID

HERE = pathlib.Path(__file__).parent
PROJECT = HERE.parents[1]
PROXY = "127.0.0.77"  # loopback, too, but the door itself asks who is a proxy
MOST_IN_A_SWARM = 120


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory, root):
    folder = tmp_path_factory.mktemp("shared")
    (folder / "torq.toml").write_text(f'trusted_proxies = ["{PROXY}"]\nmax_peers_per_swarm = {MOST_IN_A_SWARM}\n')
    started = torq.Server(folder, root, "--config", folder / "torq.toml", listen=("127.0.0.1:0", "[::]:0"))
    yield started
    started.finish()


@pytest.fixture(scope="module")
def address(shared_server):
    [(_, port)] = [address for address in shared_server.addresses() if address[0] == "127.0.0.1"]
    return "127.0.0.1", port


@pytest.fixture(scope="module")
def dual(shared_server):
    """The port that both families share."""
    [(_, port)] = [address for address in shared_server.addresses() if address[0] == "::1"]
    return port


@pytest.fixture(params=doors.WEB)
def door(request, address):
    with contextlib.closing(doors.WEB[request.param](address)) as opened:
        yield opened


@pytest.fixture
def swarm(door):
    return doors.WebSwarm(door)


@pytest.fixture(params=doors.ALL)
def any_swarm(request, address):
    with contextlib.closing(doors.swarm(request.param, address)) as opened:
        yield opened


@pytest.fixture
def udp_swarm(address):
    with contextlib.closing(doors.UdpSwarm(address)) as opened:
        yield opened


def shown_in(path):
    return re.findall(r"def (test_\w+)|TEST(?:_[FP])?\(\w+, (\w+)\)", (PROJECT / path).read_text())


def test_every_rule_has_a_test():
    mine = {name for path in (HERE / "test_tracker_doors.py", PROJECT / "tests/integration/test_udp.py") for name, _ in shown_in(path)}
    numbers = {int(number) for name in mine for number in re.match(r"test_([\d_]*)", name)[1].split("_") if number}
    traps = [trap for trap in rules.TRAPS.values() if isinstance(trap, str)]

    assert numbers | set(rules.ELSEWHERE) == set(rules.RULES) == set(range(1, 48))
    assert set(traps) <= mine
    for path, test in [*rules.ELSEWHERE.values(), *(trap for trap in rules.TRAPS.values() if trap not in traps)]:
        assert any(test in names for names in shown_in(path)), (path, test)


def ports(answer):
    data = answer[b"peers"]
    return sorted(port for _, port in struct.iter_unpack("!4sH", data))


def compact(ip, port):
    return socket.inet_pton(socket.AF_INET6 if ":" in ip else socket.AF_INET, ip) + struct.pack("!H", port)


def reason(answer):
    return answer[b"failure reason"].decode()


# What is wrong with an announce, and what the answer must say (1, 11, 18).
WRONG = {
    "nothing": ("", "info_hash"),
    "no hash": (f"peer_id={PEER_ID}&port=1", "info_hash"),
    "short hash": (f"info_hash=abc&peer_id={PEER_ID}&port=1", "20"),
    "hexadecimal": (f"info_hash={'ab' * 20}&peer_id={PEER_ID}&port=1", "hexadecimal"),
    "bad escape": (f"info_hash=%zz{'a' * 19}&peer_id={PEER_ID}&port=1", "%"),
    "two hashes": (f"info_hash={'a' * 20}&info_hash={'a' * 20}&peer_id={PEER_ID}&port=1", "twice"),
    "port 0": (f"info_hash={'a' * 20}&peer_id={PEER_ID}&port=0", "port"),
    "port 65536": (f"info_hash={'a' * 20}&peer_id={PEER_ID}&port=65536", "port"),
    "no port": (f"info_hash={'a' * 20}&peer_id={PEER_ID}", "port"),
    "no peer_id": (f"info_hash={'a' * 20}&port=1", "peer_id"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_1_an_error_is_an_answer_that_says_what_is_wrong(door, wrong):
    query, mentions = WRONG[wrong]
    answer = door.ask(f"/announce?{query}")

    assert mentions in reason(answer.tracked) and re.fullmatch(r"[ -~]+", reason(answer.tracked)) and ".cpp" not in reason(answer.tracked)
    assert answer.fields["content-type"] == "text/plain"


@pytest.mark.parametrize("path", ["/scrape", "/anounce?info_hash=" + "a" * 20, "/announce?"])
def test_1_so_it_is_on_every_path_that_a_client_may_mean(door, path):
    assert reason(door.ask(path).tracked)


def test_2_a_failure_says_when_to_ask_again(door):
    wrong_path, wrong_request = door.ask("/anounce?info_hash=" + "a" * 20).tracked, door.ask("/announce?").tracked

    for failure in (wrong_path, wrong_request):
        assert (failure[b"interval"], failure[b"min interval"]) == (60, 30), "libtorrent takes them from failures, too"
    assert wrong_path[b"retry in"] == b"never", "BEP 31"
    assert b"retry in" not in wrong_request, "the next may be right"


def test_3_who_finds_no_room_is_warned(swarm, address):
    with contextlib.closing(doors.UdpSwarm(address, name=swarm.hash)) as crowd:
        for port in range(1, MOST_IN_A_SWARM + 1):
            crowd.announce(port, left=1, numwant=0)

    welcome, turned_away = swarm.announce(1, left=1), swarm.announce(6001, left=1)

    assert b"warning message" not in welcome
    assert b"no room" in turned_away[b"warning message"] and len(ports(turned_away)) == 50


def depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def test_4_nothing_is_nested_deeply(swarm):
    swarm.announce(6001, left=0)
    answers = [swarm.announce(6002, left=1, compact=0), swarm.announce(0), swarm.door.ask(f"/scrape?info_hash={swarm.hash}").tracked]

    assert [depth(answer) for answer in answers] == [3, 1, 3], "and the harness reads no unsorted keys or odd numbers"


def test_5_peers_are_always_there(swarm):
    answer = swarm.announce(left=1)

    assert answer[b"peers"] == b"" and b"peers6" not in answer
    assert swarm.announce(left=1, compact=0)[b"peers"] == []


def test_8_9_compact_is_the_default_and_a_list_can_be_asked_for(swarm):
    swarm.announce(6001, left=0)

    assert swarm.announce(6002, left=1)[b"peers"] == socket.inet_aton("127.0.0.1") + struct.pack("!H", 6001)
    assert swarm.announce(6002, left=1, compact=1)[b"peers"] == socket.inet_aton("127.0.0.1") + struct.pack("!H", 6001)
    for more in ({}, {"no_peer_id": 1}):
        assert swarm.announce(6002, left=1, compact=0, **more)[b"peers"] == [{b"ip": b"127.0.0.1", b"port": 6001}]


def test_6_7_27_the_families_are_kept_apart(swarm):
    swarm.announce(6001, left=0, ip="2001%3Adb8%3A%3A1")
    swarm.announce(6003, left=0, ip="%3A%3Affff%3A192.0.2.7")

    answer = swarm.announce(6002, left=1)

    assert answer[b"peers6"] == socket.inet_pton(socket.AF_INET6, "2001:db8::1") + struct.pack("!H", 6001)
    assert answer[b"peers"] == socket.inet_aton("192.0.2.7") + struct.pack("!H", 6003)
    assert {peer[b"ip"] for peer in swarm.announce(6002, left=1, compact=0)[b"peers"]} == {b"2001:db8::1", b"192.0.2.7"}


@pytest.mark.parametrize("numwant, expected", [(None, 50), (-1, 50), (0, 0), (3, 3), (10**30, 60), ("x", 50), ("", 50)])
def test_10_numwant(swarm, numwant, expected):
    for port in range(7001, 7061):
        swarm.announce(port, left=1, numwant=0)

    assert len(ports(swarm.announce(6001, left=1, numwant=numwant))) == expected


def test_11_port_0_gets_into_no_swarm(any_swarm):
    if isinstance(any_swarm, doors.WebSwarm):
        assert "port" in reason(any_swarm.announce(0, left=1))
    else:
        with pytest.raises((udp.Refused, AssertionError), match="port"):
            any_swarm.announce(0, left=1)

    assert any_swarm.scraped() == (0, 0, 0)


@pytest.mark.parametrize("left, seeder", [(0, True), (1, False), (2**32, False), (2**64 - 1, False)])
def test_12_left(any_swarm, left, seeder):
    answer = any_swarm.announce(left=left)

    assert (answer[b"complete"], answer[b"incomplete"]) == ((1, 0) if seeder else (0, 1))


@pytest.mark.parametrize("left", [2**64, -1, "", "x", None])
def test_12_whose_left_is_no_number_of_64_bits_is_a_leecher(swarm, left):
    assert swarm.announce(left=left)[b"incomplete"] == 1


@pytest.mark.parametrize("event", ["", "empty", "paused", "STARTED", "unheard-of", None])
def test_13_an_unknown_event_is_none(any_swarm, event):
    assert any_swarm.announce(left=1, event=event)[b"incomplete"] == 1


def test_14_a_partial_seed_is_a_leecher_that_others_hear_of(any_swarm):
    any_swarm.announce(6001, left=5, event="paused")

    answer = any_swarm.announce(6002, left=9)

    assert (answer[b"complete"], answer[b"incomplete"], ports(answer)) == (0, 2, [6001])
    assert ports(any_swarm.announce(6003, left=0)) == [6001, 6002], "seeders, too"
    assert any_swarm.scraped() == (1, 0, 2)
    if isinstance(any_swarm, doors.WebSwarm):
        [row] = any_swarm.door.ask(f"/scrape?info_hash={any_swarm.hash}").tracked[b"files"].values()
        assert b"downloaders" not in row, "docs/decisions/0010"


def test_15_who_leaves_is_no_longer_there(any_swarm):
    any_swarm.announce(6001, left=1)
    any_swarm.announce(6002, left=1, event="stopped")

    answer = any_swarm.announce(6001, left=1, event="stopped")

    assert (answer[b"complete"], answer[b"incomplete"], answer[b"peers"]) == (0, 0, b"")
    if not isinstance(any_swarm, doors.QuicSwarm):
        assert any_swarm.announce(0, left=1, event="stopped")[b"peers"] == b"", "11: some leave with port 0"


def test_16_completed_counts_once_and_only_for_seeders(any_swarm):
    any_swarm.announce(6001, left=5, event="started")
    any_swarm.announce(6001, left=5, event="completed")
    assert any_swarm.scraped() == (0, 0, 1)

    any_swarm.announce(6001, left=0)
    assert any_swarm.scraped() == (1, 0, 0), "at once, without the event"

    any_swarm.announce(6001, left=0, event="completed")
    any_swarm.announce(6001, left=0, event="completed")
    assert any_swarm.scraped() == (1, 1, 0)


def test_17_a_peer_is_its_address(any_swarm):
    any_swarm.announce(6001, left=1)
    answer = any_swarm.announce(6001, left=0, peer_id="-XX9999-abcdefghijkl")

    assert (answer[b"complete"], answer[b"incomplete"]) == (1, 0)
    assert ports(answer) == [], "nobody hears of itself"


def test_17_seeders_are_told_of_leechers_only(any_swarm):
    for port, left in ((6001, 0), (6002, 0), (6003, 1)):
        any_swarm.announce(port, left=left)

    assert ports(any_swarm.announce(6001, left=0)) == [6003]
    assert ports(any_swarm.announce(6003, left=1)) == [6001, 6002]


@pytest.mark.parametrize("spelt", [b"%aA%Bb+\xff~%7E\x01abcdefghijkl", b"%AA%bb%2B%ff%7e~%01abcdefghijkl"])
def test_18_bytes_escaped_or_raw(door, spelt):
    if isinstance(door, doors.WEB["h3"]) and b"\xff" in spelt:
        pytest.skip("a path of HTTP/3 holds no raw bytes: nghttp3 resets such a request with H3_MESSAGE_ERROR")
    decoded = b"\xaa\xbb+\xff~~\x01abcdefghijkl"
    assert len(decoded) == 19
    query = b"info_hash=" + spelt + b"m&peer_id=%00" + PEER_ID[1:].encode() + b"&port=6881"
    answer = door.ask(b"/announce?" + query + b"&left=0&passkey=YWJj==&x=%zz")

    assert b"failure reason" not in answer.tracked
    assert decoded + b"m" in door.ask(b"/scrape?info_hash=" + spelt + b"m").tracked[b"files"]


def test_18_a_long_hash_is_that_of_its_first_20_bytes(swarm):
    swarm.announce(6001, left=0, info_hash=swarm.hash + "the-rest-of-32")

    assert swarm.announce(6002, left=1)[b"complete"] == 0, "34 bytes are no hash of BEP 52"

    swarm.announce(6001, left=0, info_hash=swarm.hash + "12-bytes-are")

    assert ports(swarm.announce(6002, left=1)) == [6001]


@pytest.mark.parametrize("prefix", ["", "/0123abcd", "/a/b"])
@pytest.mark.parametrize("suffix", ["", ".php"])
def test_19_a_key_may_be_in_the_path(door, prefix, suffix):
    swarm = doors.WebSwarm(door)
    answer = door.ask(f"{prefix}/announce{suffix}?passkey=x&{swarm.query(6881, left=1)}").tracked

    assert answer[b"incomplete"] == 1
    assert door.ask(f"{prefix}/scrape{suffix}?info_hash={swarm.hash}").tracked[b"files"]


def test_20_22_23_unknown_parameters_are_ignored(swarm):
    for key in ("2A3B4C5D", "2a3b4c5d", "x=="):
        answer = swarm.announce(left=1, corrupt=0, redundant=0, key=key, supportcrypto=1, requirecrypto=1, cryptoport=0,
                                trackerid="x", ipv4="192.0.2.9", ipv6="::9", no_peer_id=1)

        assert answer[b"incomplete"] == 1 and b"tracker id" not in answer


@pytest.mark.parametrize("parameter", [{"ip": "peer.example"}, {"ipv4": "192.0.2.9"}, {"ipv6": "2001:db8::9"}, {"ip": ""}])
def test_21_only_an_address_in_ip_is_one(swarm, parameter):
    swarm.announce(6001, left=0, **parameter)

    answer = swarm.announce(6002, left=1)

    assert answer[b"peers"] == socket.inet_aton("127.0.0.1") + struct.pack("!H", 6001) and b"peers6" not in answer


def test_24_an_asker_is_told_its_address(swarm):
    assert swarm.announce(left=1)[b"external ip"] == socket.inet_aton("127.0.0.1")


@pytest.mark.parametrize("name", doors.ALL)
def test_27_37_a_dual_stack_port_knows_ipv4_from_ipv6(name, dual):
    with contextlib.closing(doors.swarm(name, ("127.0.0.1", dual))) as four, \
            contextlib.closing(doors.swarm(name, ("::1", dual), name=four.hash)) as six:
        four.announce(6001, left=1)
        six.announce(6002, left=1)
        to_four, to_six = four.announce(6003, left=1), six.announce(6004, left=1)

    four_has, six_has = compact("127.0.0.1", 6001), compact("::1", 6002)
    assert (to_four[b"incomplete"], to_six[b"incomplete"]) == (3, 4)
    assert to_four[b"peers"] == four_has and six_has in to_six[b"peers6"]
    assert to_four.get(b"peers6", b"") == (b"" if name == "udp" else six_has), "37: a packet has room for its own family"
    if name in doors.WEB:
        assert (len(to_four[b"external ip"]), len(to_six[b"external ip"])) == (4, 16)


def test_25_intervals_are_said(swarm):
    answer = swarm.announce(left=1)

    assert (answer[b"interval"], answer[b"min interval"]) == (60, 30)


def test_26_a_client_may_come_over_both_families(swarm):
    swarm.announce(6001, left=0, ip="2001%3Adb8%3A%3A1")
    answer = swarm.announce(6001, left=0)
    assert answer[b"complete"] == 2, "one peer_id at two addresses"

    answer = swarm.announce(6001, left=0, event="stopped")

    assert answer[b"complete"] == 1, "each leaves by itself"


def test_28_unknown_swarms_are_scraped_as_zeros(swarm):
    answer = swarm.door.ask("/scrape?info_hash=" + "z" * 20 + "&info_hash=" + "y" * 20).tracked

    zeros = {b"complete": 0, b"downloaded": 0, b"incomplete": 0}
    assert {hash: {key: row[key] for key in zeros} for hash, row in answer[b"files"].items()} == {b"y" * 20: zeros, b"z" * 20: zeros}
    assert answer[b"flags"] == {b"min_request_interval": 30}


def test_29_a_url_of_four_kilobytes_is_taken(door):
    hashes = [bytes([number]) * 20 for number in range(60)]
    target = "/scrape?" + "&".join("info_hash=" + "".join(f"%{byte:02x}" for byte in hash) for hash in hashes)
    assert len(target) > 4096

    assert set(door.ask(target).tracked[b"files"]) == set(hashes)


def test_29_other_methods_are_refused(door):
    for method in ("POST", "HEAD", "PUT", "OPTIONS"):
        assert 400 <= door.ask("/announce", method=method).status < 500


def test_29_compression_may_be_offered(door):
    answer = door.ask("/healthz", Accept_Encoding="gzip")

    assert (answer.status, answer.body) == (200, b"ok\n") and "content-encoding" not in answer.fields


def test_40_the_ip_field_of_a_private_source_is_believed(udp_swarm, dual):
    udp_swarm.announce(6001, left=1, ip="192.0.2.9")
    with contextlib.closing(doors.UdpSwarm(("::1", dual))) as six:
        six.announce(6001, left=1, ip="192.0.2.9")

        assert six.announce(6002, left=1)[b"peers6"] == compact("::1", 6001)
    assert udp_swarm.announce(6002, left=1)[b"peers"] == compact("192.0.2.9", 6001)


def test_42_45_a_refusal_is_a_whole_error_packet(udp_swarm):
    tracker, hash = udp_swarm.door, udp_swarm.hash.encode()
    tracker.connect()
    announce = hash + PEER_ID.encode() + struct.pack("!QQQIIIiH", 0, 1, 0, 0, 0, 0, -1, 0)
    for action, body in ((udp.ANNOUNCE, announce), (udp.ANNOUNCE, announce[:-1]), (udp.ANNOUNCE, b""), (udp.SCRAPE, b""),
                         (udp.SCRAPE, hash + b"12345")):
        tracker.send(struct.pack("!QII", tracker.id, action, 0xcafe) + body)
        answer = tracker.hear()

        assert answer[:8] == struct.pack("!II", udp.ERROR, 0xcafe)
        assert re.fullmatch(rb"[ -~]+", answer[8:]), answer


def test_46_a_repetition_changes_nothing(any_swarm):
    any_swarm.announce(6001, left=1, numwant=0)
    first = any_swarm.announce(6002, left=0, event="completed")

    assert any_swarm.announce(6002, left=0, event="completed") == first
    assert any_swarm.scraped() == (1, 1, 1)


def behind_proxy(name, address, **fields):
    with contextlib.closing(doors.swarm(name, address, source=PROXY)) as swarm:
        return swarm.door.ask("/announce?" + swarm.query(6001, left=1), **fields).tracked


@pytest.mark.parametrize("name", doors.WEB)
def test_trap_a_proxy_may_say_nothing(name, address):
    for fields in ({}, {"X_Forwarded_For": ""}, {"X_Forwarded_For": "unknown"}, {"X_Forwarded_For": ",,"}, {"Forwarded": "for=192.0.2.1"}):
        assert behind_proxy(name, address, **fields)[b"external ip"] == socket.inet_aton(PROXY)


@pytest.mark.parametrize("name", doors.WEB)
def test_trap_only_the_last_proxy_is_believed(name, address):
    written = {"X_Forwarded_For": f"198.51.100.1, 203.0.113.5, {PROXY}", "X_Real_IP": "198.51.100.2"}

    assert behind_proxy(name, address, **written)[b"external ip"] == socket.inet_aton("203.0.113.5")
    with contextlib.closing(doors.swarm(name, address)) as stranger:
        answer = stranger.door.ask("/announce?" + stranger.query(6001, left=1), **written).tracked
        assert answer[b"external ip"] == socket.inet_aton("127.0.0.1")


def test_trap_everybody_is_handed_out(any_swarm):
    for port in range(1, 61):
        any_swarm.announce(port, left=1, numwant=0)

    heard_of = {port for _ in range(30) for port in ports(any_swarm.announce(6001, left=1, numwant=5))}

    assert len(heard_of) > 30, "of 60, of whom 5 were told 30 times"
