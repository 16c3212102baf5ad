"""A translation model of CTranslate2 behind the protocol of `base`."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

import ctranslate2
import numpy as np

from talmach.catalog.manifest import Lengths, Tokenizer
from talmach.engine.base import (
    AlignedSentence,
    DecodeOptions,
    Direction,
    Hypothesis,
    Prompt,
    TokenizedSentence,
)
from talmach.engine.model import Model, Placement
from talmach.errors import EngineFailure
from talmach.text.known_words import KnownWords


class Ct2Translator(Model):
    """A `TranslationEngine` of one direction or many; its prompts tell the model what to do."""

    def __init__(
        self,
        model_id: str,
        directory: Path,
        directions: frozenset[Direction],
        *,
        max_source_tokens: int,
        decoding: DecodeOptions | None = None,
        low_confidence: Mapping[Direction, float] | None = None,
        known_words: KnownWords | None = None,
        tokenizer: Tokenizer | None = None,
        prompts: Mapping[Direction, Prompt] | None = None,
        lengths: Lengths | None = None,
        **placement: Unpack[Placement],
    ) -> None:
        """Load the model, with `Prompt.tagged` where `prompts` is None; raises ModelUnusable."""
        self.directions = directions
        self.max_source_tokens = max_source_tokens
        self.decoding = decoding or DecodeOptions()
        self.low_confidence = low_confidence or {}
        self.known_words = known_words
        self._lengths = lengths or Lengths()
        self._prompts = {each: Prompt.tagged(each) if prompts is None else prompts[each] for each in directions}
        wanted = list(self._prompts.values())
        super().__init__(model_id, directory, tokenizer or Tokenizer(), wanted, ctranslate2.Translator, **placement)

    def tokenize(self, text: str, direction: Direction) -> list[str]:
        """See `TranslationEngine.tokenize`."""
        prompt = self._prompts[direction]
        tokens = (*prompt.source_prefix, *self._tokenizer.pieces(text), *prompt.source_suffix)
        return TokenizedSentence(tokens, prompt.target_prefix)

    def tokenize_pair(self, source: str, target: str, direction: Direction) -> AlignedSentence:
        """See `TranslationEngine.tokenize_pair`."""
        prompt, pieces = self._prompts[direction], self._tokenizer.pieces(source)
        translation = self._tokenizer.target_pieces(target)
        count = self._tokenizer.letters
        return AlignedSentence(
            (*prompt.source_prefix, *pieces, *prompt.source_suffix),
            (*prompt.target_prefix, *translation),
            source_letters=[*(0 for _ in prompt.source_prefix), *count(pieces), *(0 for _ in prompt.source_suffix)],
            target_letters=[*(0 for _ in prompt.target_prefix), *count(translation)],
        )

    # Nothing stops a running batch. CTranslate2's callback could, but it takes the interpreter's lock for every token,
    # which costs a small model a quarter of its speed; and a worker that still waits for that lock when the interpreter
    # ends takes the process down.
    def translate(self, batch: Sequence[Sequence[str]], options: DecodeOptions) -> list[Hypothesis]:
        """See `TranslationEngine.translate`."""
        longest = max(map(len, batch), default=0)
        if longest > self.max_source_tokens:
            raise EngineFailure(f"engine: a sentence has {longest} tokens (limit {self.max_source_tokens})")
        prefixes = [tokens.target_prefix if isinstance(tokens, TokenizedSentence) else () for tokens in batch]
        try:
            results = self._model.translate_batch(
                [list(tokens) for tokens in batch],
                target_prefix=[list(prefix) for prefix in prefixes] if any(prefixes) else None,
                max_input_length=0,  # no limit: beyond 1024 it would cut without a word
                beam_size=options.beam_size,
                length_penalty=options.length_penalty,
                repetition_penalty=options.repetition_penalty,
                no_repeat_ngram_size=options.no_repeat_ngram_size,
                suppress_sequences=self._pieces_with(options.forbidden_letters),
                max_decoding_length=max(map(len, prefixes)) + 1 if options.align else self._lengths.longest(longest),
                return_scores=True,
                return_end_token=True,
                return_attention=options.align,
            )
        except (RuntimeError, ValueError) as error:
            raise EngineFailure from error
        hypotheses = [
            self._hypothesis(result, options.length_penalty, len(prefix))
            for result, prefix in zip(results, prefixes, strict=True)
        ]
        if not options.align:
            return hypotheses
        looks = (result.attention[0][: len(prefix)] for result, prefix in zip(results, prefixes, strict=True))
        return [
            replace(each, attention=np.array(look, dtype=np.float32))
            for each, look in zip(hypotheses, looks, strict=True)
        ]

    @functools.cache  # noqa: B019 - one entry for each target language, and models live as long as the process
    def _pieces_with(self, letters: str) -> list[list[str]] | None:
        """Return the tokens that hold any of the letters, each as a sequence of its own; None for no letters."""
        if not letters:
            return None
        forbidden, forced = set(letters), {token for prompt in self._prompts.values() for token in prompt.target_prefix}
        return [
            [token] for token in self._target_tokens if token not in forced and not forbidden.isdisjoint(token.lower())
        ]

    def _hypothesis(self, result: Any, length_penalty: float, prefix_tokens: int = 0) -> Hypothesis:
        tokens = result.hypotheses[0][prefix_tokens:]
        # CTranslate2 gives the sum of the log-probabilities divided by length ** length_penalty.
        length = len(result.hypotheses[0])
        score = float(result.scores[0]) * max(length, 1) ** length_penalty / max(len(tokens), 1)
        ended = bool(tokens) and tokens[-1] == self._end
        text = self._tokenizer.text(tokens[:-1] if ended else tokens)
        # Byte pieces can spell a line break, while a sentence is one line, or bytes that are no character at all.
        return Hypothesis(" ".join(str(text).replace("\ufffd", "").split()), score, len(tokens), truncated=not ended)
