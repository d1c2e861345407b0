# SPDX-License-Identifier: MIT
"""How a tracker behaves towards real clients, one rule to a line: what the BEPs say, what libtorrent, Transmission and npm's client rely
on, and how six trackers answer the same bytes. Of each rule there is a test whose name begins with its number, here or in
../../integration/test_udp.py, or it is in ELSEWHERE."""

RULES = {
    # HTTP
    1: "what is wrong is said with status 200 and a failure reason, wherever a client may ask",
    2: "a failure says when to ask again (interval), or that it will not get better (BEP 31, retry in never)",
    3: "a warning may stand beside an answer",
    4: "keys are sorted, numbers have one form, nothing is nested more than 8 deep",
    5: "peers is always there",
    6: "peers6 is a string of 18 bytes each, never a list; a list has both families in peers",
    7: "no compact peer is cut",
    8: "compact is the default, and a list can be asked for",
    9: "an entry of the list has ip as text and port; bytes are raw, not text",
    10: "numwant: absent, negative or no number is the default, 0 is none, too many are the limit",
    11: "port 0 and beyond 65535 are refused, but of those who leave",
    12: "left has 64 bits; absent, negative, 2^64-1 and what is no number are leechers",
    13: "an unknown event is none; paused is known",
    14: "a partial seed is a leecher (BEP 21)",
    15: "who leaves is gone, hears of nobody, and need not have been there",
    16: "nothing left makes a seeder at once; completed counts once, and for seeders only",
    17: "a peer is its address and port, whatever its peer_id",
    18: "any byte is escaped or raw, a plus is a plus, values hold =, an info hash is 20 bytes, and there once",
    19: "a key may stand in path or query; scrape is where announce is",
    20: "unknown parameters are ignored",
    21: "ip is believed from private and trusted sources only, and must be an address",
    22: "key changes nothing",
    23: "no tracker id is handed out, and one that comes is ignored",
    24: "an asker is told its address",
    25: "interval and min interval are told",
    26: "a client may come over both families at once",
    27: "an IPv4 address that is written as IPv6 is IPv4",
    28: "unknown swarms are scraped as zeros, and are not left out",
    29: "Connection: close, HTTP/1.0, Accept-Encoding, requests in pieces and URLs of 4 KiB; other methods are 4xx",
    30: "pipelined requests are all answered, in order",
    31: "slow and aborted clients harm nobody",
    # UDP
    32: "a connection ID is good for two minutes, belongs to an IP address and no port, and is known to all sockets",
    33: "an old connection ID is not answered: the client connects anew",
    34: "a wrong connection ID is not answered, nor is an unproven address ever sent more than it sent",
    35: "a connect is answered with 16 bytes, however long it is, and needs its magic number",
    36: "what follows an announce is skipped by its lengths, and does no harm when it is broken",
    37: "peers are of the family of the packet, 6 or 18 bytes each",
    38: "an unknown event is none; 4 is paused",
    39: "num_want as over HTTP, and no answer is longer than 1,200 bytes",
    40: "the IP field is believed from private and trusted sources only, and never over IPv6",
    41: "port 0 is an error, a source with port 0 not answered",
    42: "an error is action 3, the transaction, and a text without NUL",
    43: "a scrape is answered in order, unknown and double hashes in place, up to 74; ragged and empty ones are errors",
    44: "what is too short or of an unknown action is not answered",
    45: "a refusal is a whole error packet",
    46: "a repetition changes nothing",
    47: "the answer comes from the address that was asked",
}

# Where a rule is shown that no test of this kind could: (file, test).
ELSEWHERE = {
    30: ("tests/integration/test_http.py", "test_pipelined_requests_are_answered_in_order"),
    31: ("tests/integration/test_http.py", "test_who_hangs_up_harms_nobody"),
    33: ("torq/doors/udp/door_test.cpp", "TakesAConnectionIdFromAnyPortUntilItIsOld"),
    44: ("torq/doors/udp/door_test.cpp", "IsSilentToWhatNoClientSends"),
}

# What other trackers have got wrong, beyond the rules: (file, test) of each; a test alone is in test_tracker_doors.py.
TRAPS = {
    "behind a proxy, a request without X-Forwarded-For ends the process": "test_trap_a_proxy_may_say_nothing",
    "X-Real-IP is believed from anybody, X-Forwarded-For from the front": "test_trap_only_the_last_proxy_is_believed",
    "of two that announce at once neither hears of the other": (
        "tests/contract/swarm_store_threads_test.cpp", "OfTwoThatVisitAtOnceOneHearsOfTheOther"),
    "everybody is told of the same few peers": "test_trap_everybody_is_handed_out",
    "connection IDs are the same for everybody, or not checked": "test_34_who_is_not_proven_is_not_answered",
    "garbage is answered with more than it was": "test_34_who_is_not_proven_is_not_answered",
    "seeders are told of seeders": "test_17_seeders_are_told_of_leechers_only",
    "an asker hears of itself": "test_17_a_peer_is_its_address",
    "memory has no limit": ("tests/integration/test_limits.py", "test_every_limit_is_kept_and_counted"),
    "port 0 gets into swarms": "test_11_port_0_gets_into_no_swarm",
    "a signal ends the server": ("tests/integration/test_udp.py", "test_a_server_that_was_stopped_goes_on"),
    "a scrape of more than 23 hashes is lost": "test_43_scrapes_keep_their_order_up_to_74",
    "what cannot be parsed is left without an answer": "test_1_an_error_is_an_answer_that_says_what_is_wrong",
    "Connection: close is ignored": ("tests/integration/test_http.py", "test_a_connection_lives_as_long_as_the_client_wants"),
    "one who announces again is counted twice": "test_46_a_repetition_changes_nothing",
    "an error shows where in the source it arose": "test_1_an_error_is_an_answer_that_says_what_is_wrong",
    "loopback peers become 0.0.0.0": "test_8_9_compact_is_the_default_and_a_list_can_be_asked_for",
    "a missing left is a seed, and so is one of 2^32": "test_12_left",
    "a key with = in it is an error": "test_18_bytes_escaped_or_raw",
    "a scrape of two leaves the unknown out": "test_28_unknown_swarms_are_scraped_as_zeros",
    "25 bytes are scraped as two hashes": "test_42_45_a_refusal_is_a_whole_error_packet",
}
