"""The second door: HTTP."""
