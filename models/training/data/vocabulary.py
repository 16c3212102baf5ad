"""The SentencePiece vocabulary: its training, and the ids and pieces that training and CTranslate2 need."""

import random
from collections.abc import Iterator
from pathlib import Path

import sentencepiece

LANGUAGES = ("ru", "be", "en")


def target_tag(language: str) -> str:
    """Return the source-side token that asks for a target language."""
    return f"<2{language}>"


class Vocabulary:
    """Wraps a SentencePiece model file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
        self.unknown: int = self.processor.unk_id()
        self.bos: int = self.processor.bos_id()
        self.eos: int = self.processor.eos_id()
        self.pad: int = self.processor.pad_id()
        self.tags: dict[str, int] = {language: self.id(target_tag(language)) for language in LANGUAGES}

    def __len__(self) -> int:
        return int(self.processor.get_piece_size())

    def id(self, piece: str) -> int:
        """Return the id of a piece."""
        return int(self.processor.piece_to_id(piece))

    def pieces(self) -> list[str]:
        """Return all pieces in the order of their ids."""
        return [str(self.processor.id_to_piece(index)) for index in range(len(self))]


def train_vocabulary(sentences: Iterator[str], size: int, path: Path) -> None:
    """Train a joint model on normalised sentences of all languages and write it to `path`, which ends in .model."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=sentences,
        model_prefix=str(path.with_suffix("")),
        vocab_size=size,
        model_type="unigram",
        byte_fallback=True,
        split_digits=True,
        character_coverage=0.9995,
        normalization_rule_name="identity",  # talmach.engine.normalization has done it
        user_defined_symbols=[target_tag(language) for language in LANGUAGES],
        pad_id=3,
        max_sentence_length=2_000,
        num_threads=2,
        minloglevel=1,
    )
    path.with_suffix(".vocab").unlink()


def sample_sentences(pairs: list[tuple[str, str]], wanted: int, rng: random.Random) -> Iterator[str]:
    """Yield both sides of `wanted` pairs, or of all when there are fewer."""
    for pair in rng.sample(pairs, min(wanted, len(pairs))):
        yield from pair
