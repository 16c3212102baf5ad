"""The recipe of the embedded models: prepare -> train -> export -> evaluate, each a module that reads top to bottom.

Needs the `train` extra; none of it is installed with the service.
"""
