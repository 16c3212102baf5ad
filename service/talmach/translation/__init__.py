"""Use case: an article -> its translation, sentence by sentence, with nothing lost and every doubt named.

values       what goes in and comes out
use_case     chooses language and models, and starts a job
plan         what is to be done with each sentence (copy, drop, translate which parts in which direction)
job          segments as they get ready, in document order
decoding     one sentence: decoded, put together, checked, tried again
hypotheses   the parts of all sentences in the batching queues
glossary     terms that must be translated in a given way, and what became of them
restoration  what the models cannot give back: capitals, typographic quotation marks
assembly     where each segment stands in the translation
"""
