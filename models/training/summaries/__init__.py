"""How summaries are measured: the documents, the methods to beat, ROUGE, and what should not change a choice.

documents   the GUM set as articles, and the project's own parallel stories
methods     what is compared: ours, the lead, chance, the usual libraries, the best that is possible
rouge       ROUGE against several references, with confidence intervals
robustness  agreement across languages, and stability when an article is rearranged
tuning      the search for the weights, and cross-validation
served      the encoder of the manifest, with a memory
"""
