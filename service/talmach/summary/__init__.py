"""An article -> the sentences that carry its story.

values      what goes in and comes out
candidates  which sentences may stand in a summary at all, alone or with another one
context     what a sentence lacks when it stands alone
quotations  which sentences are parts of a longer quotation
verbs       whether a line says something
terms       sentences as vectors of words, beside the encoder's
ranking     scores and the choice, in pure numpy
admission   which summaries are taken on
shortlist   the candidates of one article
outcome     how they fared, in numbers and words
summarizer  encode -> rank -> choose
"""
