"""Door to archives: files in, files out, an engine in each actor of a Ray cluster or of this machine.

Data never travels through Ray: it carries the numbers of blocks and short reports. An actor reads a block of the input,
translates it and writes it as one file, which gets its name only when it is whole. What exists is done; everything else
is done again. So a job that was killed resumes where it stopped, and no row is lost or written twice.

job             what is asked for, cut into blocks; the directory that it is written to
jsonl, parquet  inputs: what is wrong with one (problems), its blocks, the rows of a block
parts           a block and its results -> one file
record          a result -> the columns of its row; schema: their types, and those of the input
desk            an engine with its queue on a thread of its own: articles in, records out
actor           what runs in the cluster: block in, report out
cluster         the only module that knows Ray
"""
