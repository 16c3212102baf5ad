"""Trained weights -> what the service loads, run as the service runs it."""
