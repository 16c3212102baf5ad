"""Step 5: scores of an exported model on the development set."""

from collections.abc import Sequence
from pathlib import Path

import ctranslate2
import sacrebleu
import sentencepiece

from models.training.prepare import target_tag
from talmach.engine.normalization import normalize

DIRECTIONS = (("ru", "en"), ("en", "ru"), ("be", "en"), ("en", "be"), ("ru", "be"), ("be", "ru"))


def translate_lines(directory: Path, target_language: str, lines: Sequence[str]) -> list[str]:
    """Translate lines greedily with an exported model."""
    processor = sentencepiece.SentencePieceProcessor(model_file=str(directory / "sentencepiece.model"))
    translator = ctranslate2.Translator(str(directory), device="cpu", compute_type="int8", inter_threads=2, intra_threads=1)
    tokens = [[target_tag(target_language), *processor.encode(normalize(line), out_type=str)] for line in lines]
    results = translator.translate_batch(tokens, beam_size=1, max_batch_size=2048, batch_type="tokens", max_decoding_length=200)
    return [str(processor.decode_pieces(result.hypotheses[0])) for result in results]


def chrf_by_direction(directory: Path, dev: Path, sentences: int) -> dict[str, float]:
    """Return chrF2 of the first `sentences` lines of the development set by direction."""
    texts = {
        language: (dev / f"flores-dev.{language}").read_text(encoding="utf-8").splitlines()[:sentences]
        for language in ("ru", "be", "en")
    }
    scores = {}
    for source, target in DIRECTIONS:
        translations = translate_lines(directory, target, texts[source])
        scores[f"{source}-{target}"] = sacrebleu.corpus_chrf(translations, [texts[target]]).score
    return scores
