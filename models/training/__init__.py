"""The recipe of the embedded models: prepare -> train -> export -> evaluate, each a module that reads top to bottom.

Needs the `train` extra; nothing of it is installed with the service.
"""
