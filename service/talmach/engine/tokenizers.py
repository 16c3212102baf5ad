"""From text to a model's tokens and back: SentencePiece models, or a `tokenizer.json` of the `tokenizers` library."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import sentencepiece

from talmach.engine.normalization import normalize
from talmach.threads import give_way

_BYTES = 256
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


class Tokenizer(Protocol):
    """Splits source text and joins target tokens; thread-safe."""

    def pieces(self, text: str) -> list[str]:
        """Return the source tokens of a text, without any that has a meaning of its own to the model."""

    def text(self, pieces: Sequence[str]) -> str:
        """Return the text that target tokens spell."""

    def target_pieces(self, text: str) -> list[str]:
        """Return the target tokens that spell a text."""

    def letters(self, pieces: Sequence[str]) -> list[int]:
        """Return how many letters and digits each source or target token spells."""


class SentencePieces:
    """One SentencePiece model, or one for each side."""

    def __init__(self, source: Path, target: Path, *, symbols: frozenset[str], byte_fallback: bool) -> None:
        """Tokens of `symbols` do not come from text; raises OSError, RuntimeError."""
        self._source: Any = sentencepiece.SentencePieceProcessor(model_file=str(source))
        self._target: Any = (
            self._source if target == source else sentencepiece.SentencePieceProcessor(model_file=str(target))
        )
        self._symbols = symbols
        self._byte_fallback = byte_fallback

    def pieces(self, text: str) -> list[str]:
        """See `Tokenizer.pieces`."""
        give_way()
        return self._without_symbols(self._source.encode(text, out_type=str))

    def target_pieces(self, text: str) -> list[str]:
        """See `Tokenizer.target_pieces`."""
        return self._without_symbols(self._target.encode(text, out_type=str))

    def letters(self, pieces: Sequence[str]) -> list[int]:
        """See `Tokenizer.letters`; of a character in bytes, the last one spells it."""
        counts, spelled = [], b""
        for piece in pieces:
            byte = _BYTE.fullmatch(piece)
            spelled = spelled + bytes.fromhex(byte[1]) if byte else b""
            text = spelled.decode(errors="ignore") if byte else piece
            spelled = b"" if text else spelled
            counts.append(sum(map(str.isalnum, text)))
        return counts

    def text(self, pieces: Sequence[str]) -> str:
        """See `Tokenizer.text`."""
        return str(self._target.decode_pieces(list(pieces)))

    def _without_symbols(self, pieces: list[str]) -> list[str]:
        if self._symbols.isdisjoint(pieces):
            return list(pieces)
        return [part for piece in pieces for part in (self._spelled(piece) if piece in self._symbols else [piece])]

    def _spelled(self, piece: str) -> list[str]:
        """A symbol that occurs in the text itself is text: spelled out, it cannot steer the model."""
        return [f"<0x{byte:02X}>" for byte in piece.encode()] if self._byte_fallback else list(piece)


class TokenizerJson:
    """The file `tokenizer.json` that Hugging Face's fast tokenizers are saved as."""

    def __init__(self, path: Path) -> None:
        """Raises ModuleNotFoundError, OSError, ValueError."""
        import tokenizers  # noqa: PLC0415 - an extra, for models that come with such a file only

        try:
            self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises nothing more special
            raise ValueError(f"{path.name} is not a tokenizer") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True  # what looks like a special token in the text is text

    def pieces(self, text: str) -> list[str]:
        """See `Tokenizer.pieces`."""
        give_way()
        return list(self._tokenizer.encode(text, add_special_tokens=False).tokens)

    def text(self, pieces: Sequence[str]) -> str:
        """See `Tokenizer.text`."""
        ids = [self._tokenizer.token_to_id(piece) for piece in pieces]
        return str(self._tokenizer.decode([index for index in ids if index is not None], skip_special_tokens=True))

    def target_pieces(self, text: str) -> list[str]:
        """See `Tokenizer.target_pieces`."""
        return self.pieces(text)

    def letters(self, pieces: Sequence[str]) -> list[int]:
        """See `Tokenizer.letters`."""
        return [sum(map(str.isalnum, self.text([piece]))) for piece in pieces]


class Normalized:
    """A tokenizer behind this project's normaliser, for the models that were trained with it."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def pieces(self, text: str) -> list[str]:
        """See `Tokenizer.pieces`."""
        return self._tokenizer.pieces(normalize(text))

    def text(self, pieces: Sequence[str]) -> str:
        """See `Tokenizer.text`."""
        return self._tokenizer.text(pieces)

    def target_pieces(self, text: str) -> list[str]:
        """See `Tokenizer.target_pieces`."""
        return self._tokenizer.target_pieces(normalize(text))

    def letters(self, pieces: Sequence[str]) -> list[int]:
        """See `Tokenizer.letters`."""
        return self._tokenizer.letters(pieces)


class Vocabularies:
    """The tokens that a converted model knows on each side."""

    def __init__(self, directory: Path) -> None:
        """Read the vocabulary files of a CTranslate2 model; raises OSError, ValueError."""
        shared = _read(directory, "shared_vocabulary") or _read(directory, "vocabulary")
        self.source = shared or _read(directory, "source_vocabulary")
        self.target = shared or _read(directory, "target_vocabulary")
        if not (self.source and self.target):
            raise FileNotFoundError("no vocabulary file")
        self._known = frozenset(self.source)

    @property
    def has_bytes(self) -> bool:
        """Whether every byte is a token: then no character is unknown."""
        return all(f"<0x{byte:02X}>" in self._known for byte in range(_BYTES))

    def symbols(self, tokens: Sequence[str]) -> frozenset[str]:
        """Return what must not come from text: `tokens`, and everything in angle brackets but bytes."""
        brackets = (token for token in self.source if _is_symbol(token))
        return frozenset((*tokens, *brackets))


def _is_symbol(token: str) -> bool:
    return len(token) > len("<>") and token[0] == "<" and token[-1] == ">" and not token.startswith("<0x")


def _read(directory: Path, name: str) -> list[str]:
    if (path := directory / f"{name}.json").exists():
        tokens = json.loads(path.read_text(encoding="utf-8"))
        if not (isinstance(tokens, list) and all(isinstance(token, str) for token in tokens)):
            raise ValueError(f"{path.name} is not a list of tokens")
        return tokens
    if (path := directory / f"{name}.txt").exists():
        return path.read_text(encoding="utf-8").split("\n")
    return []
