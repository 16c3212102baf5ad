"""Corpus text -> clean pairs -> token ids."""
