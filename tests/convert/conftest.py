"""The extra `convert`: without it these tests are skipped, and say so."""

import pytest

for package in ("transformers", "huggingface_hub", "tokenizers", "sentence_transformers"):
    pytest.importorskip(package, reason="needs the extra convert and sentence-transformers")
