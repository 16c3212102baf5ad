"""The SentencePiece vocabulary as the training needs it: ids, special tokens and the list that CTranslate2 stores."""

from pathlib import Path

import sentencepiece


class Vocabulary:
    """Wraps a SentencePiece model file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
        self.bos: int = self.processor.bos_id()
        self.eos: int = self.processor.eos_id()
        self.pad: int = self.processor.pad_id()

    def __len__(self) -> int:
        return int(self.processor.get_piece_size())

    def id(self, piece: str) -> int:
        """Return the id of a piece."""
        return int(self.processor.piece_to_id(piece))

    def pieces(self) -> list[str]:
        """Return all pieces in the order of their ids."""
        return [str(self.processor.id_to_piece(index)) for index in range(len(self))]
