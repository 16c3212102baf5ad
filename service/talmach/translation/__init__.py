"""A text -> its translation, sentence by sentence, with nothing lost and every doubt named.

values       what goes in and comes out
source       a text that was read: its sentences and its language
translator   chooses the models and prepares a job
plan         what is to be done with each sentence (copy, drop, translate which parts in which direction)
job          the texts of one call in the queues; segments as they get ready, in document order
decoding     one sentence: decoded, put together, checked, tried again
hypotheses   the parts of all sentences in the batching queues; pivot: those that go through a third language
glossary     terms that must be translated in a given way, and what became of them
marking      the tags of a sentence, put into its translation
alignment    which words come from which, by where the model looked
bitext       a sentence with its tags beside its translation; ground: its words, and what is taken already
placement    tags around their words; ordered: tags in their order, where the other way would cross some
restoration  what the models cannot give back: capitals, typographic quotation marks
"""
