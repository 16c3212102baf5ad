"""Measures talmach beside its peers, over time, under attack, and through its other doors.

    python -m benchmarks                everything beside the peers, round after round
    python -m benchmarks.soak           mixed load for minutes, and whether the server grows
    python -m benchmarks.attacks        whether one caller can slow down another
    python -m benchmarks.balancing      three servers behind one name
    python -m benchmarks.web            requests by HTTP beside LibreTranslate
    python -m benchmarks.archive        archives beside the bare engine, and whether that grows
    python -m benchmarks.gpu            the bare engine on a GPU, from a bare checkout
    python -m benchmarks.production     what to expect of production models

articles                            the fixed set that everybody translates
sections                            what the sections of a round share
offline, serving, latency, peers    the sections
records, table, archive_table       values by round, their medians and ratios, the bars; the Markdown tables
process, family                     a participant, which loads once and is then asked to measure; what processes take
server, clients, mixed_load         the real server as a process; its callers, in processes of their own
engines, roof, shapes               the bare engine and the use case; int8 products; random models
pytorch_peer, argos_peer,
libretranslate_peer                 the same weights elsewhere
machine                             what the numbers depend on
"""
