"""Use case: an article -> the sentences that carry its story.

values      what goes in and comes out
candidates  which sentences may stand in a summary at all
use_case    encode -> rank -> choose
"""
