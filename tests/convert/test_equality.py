"""Every public architecture: pulled, converted, proven and served, it says token for token what transformers says."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from talmach.app import pulling
from talmach.app.engines import open_translator
from talmach.catalog.manifest import Lengths, ModelSpec
from talmach.engine.base import DecodeOptions, Direction
from talmach.engine.ct2 import Ct2Translator
from tests.convert import checkpoints
from tests.convert.checkpoints import Checkpoint
from tests.convert.sentences import DIRECTIONS, SENTENCES

pytestmark = pytest.mark.filterwarnings("ignore")  # transformers recommends a package that it then does not use
_TOKENS = 40  # of each translation at most
_TIE = 1e-3  # between the log-probabilities of two tokens; float32 and another order of sums make ten times less
_ONE_EACH = ("ru-en", "be-ru", "en-be")  # every language once on each side
FAMILIES: dict[str, Callable[[Path], Checkpoint]] = {
    "marian": lambda directory: checkpoints.marian(directory, ("ru-en",), multi_target=False),
    "marian-multi": lambda directory: checkpoints.marian(directory, ("en-ru", "en-be"), multi_target=True),
    "opus": lambda directory: checkpoints.opus(directory, ("ru-en",)),
    "m2m100": lambda directory: checkpoints.m2m100(directory, DIRECTIONS),
    "nllb": lambda directory: checkpoints.nllb(directory, DIRECTIONS),
    "t5": lambda directory: checkpoints.t5(directory, DIRECTIONS),
}


@pytest.fixture(scope="module", params=FAMILIES, name="checkpoint")
def _checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    directory = tmp_path_factory.mktemp("checkpoints") / str(request.param)
    directory.mkdir()
    return FAMILIES[request.param](directory)


@pytest.fixture(scope="module", name="spec")
def _spec(checkpoint: Checkpoint, models_dir: Path) -> ModelSpec:
    wanted = pulling.Wanted("small", checkpoint.directory, checkpoint.directions, quantization="float32")
    return pulling.install(wanted, models_dir)


@pytest.fixture(scope="module", name="models_dir")
def _models_dir(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


class _Recording:
    """A tokenizer that also keeps the tokens it is asked to join."""

    def __init__(self, engine: Ct2Translator) -> None:
        self._tokenizer = engine._tokenizer
        self.tokens: list[list[str]] = []
        engine._tokenizer = self

    def pieces(self, text: str) -> list[str]:
        return self._tokenizer.pieces(text)

    def target_pieces(self, text: str) -> list[str]:
        return self._tokenizer.target_pieces(text)

    def letters(self, pieces: Sequence[str]) -> list[int]:
        return self._tokenizer.letters(pieces)

    def text(self, pieces: Sequence[str]) -> str:
        self.tokens.append(list(pieces))
        return self._tokenizer.text(pieces)


@pytest.mark.parametrize("beam_size", [1, 4])
def test_the_service_says_what_transformers_says(
    checkpoint: Checkpoint, spec: ModelSpec, models_dir: Path, beam_size: int
) -> None:
    """In float32, 50 sentences of each language, in batches of several directions and in no order."""
    engine = open_translator(spec, models_dir / spec.id, device="cpu", compute_type="float32")
    engine._lengths = Lengths.model_construct(
        factor=0, extra=_TOKENS, limit=None
    )  # both searches end at the same length
    recording = _Recording(engine)
    directions = [each for each in _ONE_EACH if each in checkpoint.directions] or checkpoint.directions
    items = [(text, each) for each in directions for text in SENTENCES[each.split("-")[0]]]
    random.Random(beam_size).shuffle(items)  # noqa: S311 - an order is no secret
    for start in range(0, len(items), 16):
        batch = [engine.tokenize(text, Direction.parse(direction)) for text, direction in items[start : start + 16]]
        engine.translate(batch, DecodeOptions(beam_size=beam_size))
    ours = dict(zip(items, recording.tokens, strict=True))
    for direction in directions:
        texts = SENTENCES[direction.split("-")[0]]
        theirs = checkpoint.generate(texts, direction, beam_size, _TOKENS)
        others: list[str] = []
        assert sum(each[-1:] == ["</s>"] for each in theirs) > 0
        for text, tokens in zip(texts, theirs, strict=True):
            own = ours[text, direction]
            if own != _unended(tokens):
                # Padding changes their last digits, and a beam may turn on them: alone they must agree. Or else the
                # processor's last digits chose between two tokens that are equally likely; or, since a beam of theirs
                # does not stop by the same rule, what is found here must be the likelier of both.
                (alone,) = checkpoint.generate([text], direction, beam_size, _TOKENS)
                if own != _unended(alone) and not _are_tied(checkpoint, text, direction, [*own, "</s>"], alone):
                    others.append(text)
                    assert beam_size > 1
                    found = checkpoint.score(text, direction, [*own, "</s>"])
                    assert found >= checkpoint.score(text, direction, [*_unended(alone), "</s>"]) - 1e-4
        assert len(others) <= len(texts) / 50


def _are_tied(checkpoint: Checkpoint, text: str, direction: str, one: list[str], other: list[str]) -> bool:
    """Say whether transformers itself hardly prefers either of the first two tokens that differ."""
    place = next((number for number, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if place is None:
        return False
    likelihoods = [checkpoint.score(text, direction, each[: place + 1]) * (place + 1) for each in (one, other)]
    return abs(likelihoods[0] - likelihoods[1]) < _TIE


def _unended(tokens: list[str]) -> list[str]:
    return tokens[:-1] if tokens[-1:] == ["</s>"] else tokens


def test_the_tokens_are_those_of_its_own_tokenizer(checkpoint: Checkpoint, spec: ModelSpec, models_dir: Path) -> None:
    """Prompt included, but for what the vocabulary does not know: both sides make that one unknown token."""
    engine = open_translator(spec, models_dir / spec.id, device="cpu", compute_type="float32")
    known = set(engine._target_tokens)
    for direction in checkpoint.directions:
        for text in SENTENCES[direction.split("-")[0]]:
            ours = engine.tokenize(text, Direction.parse(direction))
            theirs = checkpoint.tokenizer.convert_ids_to_tokens(checkpoint.encode(text, direction))
            # CTranslate2 itself adds the end where Marian's own files are converted.
            added = [] if ours[-1] == "</s>" else ["</s>"]
            assert [*(each if each in known else "<unk>" for each in ours), *added] == theirs


def test_int8_differs_in_few_first_words(
    checkpoint: Checkpoint, spec: ModelSpec, models_dir: Path, tmp_path: Path
) -> None:
    """Quantised weights are other weights: of small models that know little, at most a third begin in another way,
    in every direction.
    """
    wanted = pulling.Wanted("small", checkpoint.directory, checkpoint.directions)
    precise = open_translator(spec, models_dir / "small", device="cpu", compute_type="float32")
    quantised = open_translator(
        pulling.install(wanted, tmp_path), tmp_path / "small", device="cpu", compute_type="int8"
    )
    for direction in map(Direction.parse, checkpoint.directions):
        batch = [precise.tokenize(text, direction) for text in SENTENCES[direction.source]]
        pairs = zip(precise.translate(batch, DecodeOptions()), quantised.translate(batch, DecodeOptions()), strict=True)
        different = sum(one.text.split()[:1] != other.text.split()[:1] for one, other in pairs)
        assert different <= len(batch) / 3, direction
