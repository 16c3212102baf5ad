"""The Transformer and what trains it: loss, optimiser, exported weights."""
