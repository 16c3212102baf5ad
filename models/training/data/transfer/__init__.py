"""Statistical Russian -> Belarusian: what makes the synthetic Belarusian that the network learns from.

The two languages share their word order and most of their stems, so that a phrase table walked from left to right, with
a spelling model for the words that it lacks, is better than a young network: it needs 170,000 pairs and two minutes.
"""
