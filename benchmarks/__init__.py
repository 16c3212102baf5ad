"""Measures talmach beside its peers (`python -m benchmarks`) and over time (`python -m benchmarks.soak`).

articles    the fixed set that everybody translates
process     a participant: a process that loads once and is then asked to measure
server      the real server as a process, and what /proc and its metrics page say about it
clients     the callers, in a process of their own
engines     the bare engine and the use case without gRPC
roof        the rate of int8 matrix products on this machine, and what the model needs of it
pytorch_peer, argos_peer    the same weights elsewhere
sections    what is measured in every round
records     values by round, their medians and ratios; the bars
table       the Markdown table
gpu         the bare engine on a GPU, from a bare checkout (`python -m benchmarks.gpu`)
production  what to expect of production models (`python -m benchmarks.production`)
shapes      random models of the shapes of public ones
web         requests by HTTP beside LibreTranslate (`python -m benchmarks.web`); libretranslate_peer runs that
soak        mixed load for minutes, and whether the server grows
"""
