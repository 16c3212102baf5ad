"""A bundle and a time limit -> trained weights; needs Python, torch, numpy and sentencepiece, nothing else."""
