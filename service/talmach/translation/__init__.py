"""Use case: an article -> its translation, sentence by sentence, with nothing lost and every doubt named.

    values      what goes in and comes out
    plan        what is to be done with each sentence (copy, drop, translate which parts in which direction)
    glossary    terms that must be translated in a given way, and what became of them
    restoration what the models cannot give back: capitals, typographic quotation marks
    use_case    runs the plan through the batching queues and assembles the result
"""
