"""Rows of pairs: nothing is lost or mixed up in them, and every visit to a pair changes what it should."""

import multiprocessing
import re
from collections import Counter
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from models.training.data.noise import perturb
from models.training.data.packing import NO_LABEL, Example, PackingWorkers, Reader, Rows, draw, pack
from models.training.data.sentences import Bundle, Stream
from models.training.experiment import Regularization

NONE = Regularization(0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.0)


class Phase:
    """The phase that workers share, without a process."""

    def __init__(self, value: int) -> None:
        self.value = value


def pairs_of(rows: Rows, eos: int) -> Counter[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the pairs that the segments of a step make up, each side with its end mark."""
    found: Counter[tuple[tuple[int, ...], tuple[int, ...]]] = Counter()
    for row in range(len(rows.source)):
        for segment in range(1, int(rows.source_segments[row].max()) + 1):
            source = rows.source[row][rows.source_segments[row] == segment]
            labels = rows.labels[row][rows.target_segments[row] == segment]
            inputs = rows.target_input[row][rows.target_segments[row] == segment]
            assert labels[:-1].tolist() == inputs[1:].tolist(), "a label is the next position's input"
            assert labels[-1] == eos
            found[tuple(source.tolist()), tuple(labels.tolist())] += 1
    return found


def test_every_pair_comes_out_of_the_rows_once(small_bundle: Bundle) -> None:
    """Whole, under its own segment, in the shortest rows that hold it; padding belongs to nobody."""
    vocabulary, training = small_bundle.vocabulary, small_bundle.experiment.training
    reader = Reader(small_bundle.sentences, vocabulary, None, seed=1)
    examples = [reader.read(stream, index) for stream in small_bundle.streams() for index in range(40)]
    given = Counter((tuple(e.source), (*e.target, vocabulary.eos)) for e in examples)
    found: Counter[tuple[tuple[int, ...], tuple[int, ...]]] = Counter()
    for rows in pack(examples, training, vocabulary, rest=True):
        length = rows.source.shape[1]
        assert rows.source.size == training.step_tokens
        assert ((rows.labels == NO_LABEL) == (rows.target_segments == 0)).all()
        assert (rows.source[rows.source_segments == 0] == vocabulary.pad).all()
        pairs = pairs_of(rows, vocabulary.eos)
        assert all(max(map(len, pair)) > length // 2 for pair in pairs) or length == training.row_tokens[0]
        found += pairs
    assert found == given


def test_a_pair_longer_than_every_row_is_left_out(small_bundle: Bundle) -> None:
    """It would have to be cut, and a cut pair teaches to stop early."""
    vocabulary, training = small_bundle.vocabulary, small_bundle.experiment.training
    fits = Example([5] * training.row_tokens[-1], [6])
    assert not list(pack([Example([*fits.source, 5], [6])], training, vocabulary, rest=True))
    assert len(list(pack([fits], training, vocabulary, rest=True))) == 1


def test_marks_say_the_target_language_and_the_machine(small_bundle: Bundle) -> None:
    """The language tag comes first; only what a model made has the start mark behind it."""
    vocabulary = small_bundle.vocabulary
    reader = Reader(small_bundle.sentences, vocabulary, NONE, seed=1)
    for stream in small_bundle.streams():
        source = reader.read(stream, 0).source
        assert (source[0], source[-1]) == (vocabulary.tags[stream.target_language], vocabulary.eos)
        assert (source[1] == vocabulary.bos) == stream.tagged
    assert {stream.tagged for stream in small_bundle.streams()} == {True, False}


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_segmentation_is_sampled_anew_and_says_the_same(small_bundle: Bundle, share: float) -> None:
    """Ten visits give several segmentations of one text; without sampling they give one."""
    stream = small_bundle.streams()[0]
    longest = int(small_bundle.sentences.lengths[stream.targets].argmax())
    # Nearly every segmentation alike: a vocabulary of a few words has one that is far likelier than all others.
    options = replace(NONE, source_sampled=share, target_sampled=share, sampling_alpha=0.01)
    reader = Reader(small_bundle.sentences, small_bundle.vocabulary, options, seed=1)
    visits = [reader.read(stream, longest) for _ in range(10)]
    for sides in ([visit.source[1:-1] for visit in visits], [visit.target for visit in visits]):
        assert len({small_bundle.vocabulary.processor.decode(side) for side in sides}) == 1
        assert (len(set(map(tuple, sides))) > 1) == bool(share)


def test_words_are_masked_whole_and_in_the_source_only(small_bundle: Bundle) -> None:
    """As many as asked for; a word of several pieces is gone with all of them."""
    vocabulary, stream = small_bundle.vocabulary, small_bundle.streams()[0]
    plain = Reader(small_bundle.sentences, vocabulary, NONE, seed=1)
    reader = Reader(small_bundle.sentences, vocabulary, replace(NONE, masked_words=0.25), seed=1)
    words = masked = 0
    for index in range(len(stream.sources)):
        before, after = plain.read(stream, index), reader.read(stream, index)
        assert before.target == after.target
        pieces = [vocabulary.processor.id_to_piece(token) for token in before.source[1:-1]]
        starts = [number for number, piece in enumerate(pieces) if piece.startswith("▁")]
        for begin, end in zip(starts, [*starts[1:], len(pieces)], strict=True):
            gone = {token == vocabulary.unknown for token in after.source[1:-1][begin:end]}
            assert len(gone) == 1
            words += 1
            masked += gone.pop()
    assert 0.2 < masked / words < 0.3


def test_perturbed_sources_keep_their_letters(small_bundle: Bundle) -> None:
    """The perturbed source is another text with the same letters."""
    stream = small_bundle.streams()[0]
    decode = small_bundle.vocabulary.processor.decode
    plain = Reader(small_bundle.sentences, small_bundle.vocabulary, NONE, seed=1).read(stream, 3)
    reader = Reader(small_bundle.sentences, small_bundle.vocabulary, replace(NONE, perturbed=1.0), seed=1)
    texts = {decode(reader.read(stream, 3).source[1:-1]) for _ in range(30)}
    assert len(texts) > 2
    assert {_letters(decode(plain.source[1:-1]))} == set(map(_letters, texts))


def test_perturbations_of_belarusian_keep_the_letters() -> None:
    """Noise touches case, marks and ё, never the words."""
    import random  # noqa: PLC0415

    text = 'Ён сказаў: "Заўтра ўсё зменіцца".'
    noised = {perturb(text, random.Random(seed)) for seed in range(50)}  # noqa: S311 - no secret
    assert {_letters(text)} == set(map(_letters, noised))
    assert len(noised) > 3


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text.casefold().replace("ё", "е"))


def test_pairs_are_drawn_by_their_share_of_tokens(small_bundle: Bundle) -> None:
    """Half of the tokens each, although the pairs of one are five times as long; the phase changes the shares."""
    reader = Reader(small_bundle.sentences, small_bundle.vocabulary, NONE, seed=1)
    lengths = small_bundle.sentences.lengths
    short, long = np.flatnonzero(lengths < 15), np.flatnonzero(lengths > 60)
    streams = [
        Stream(name, language, ids, ids, shares)
        for name, language, ids, shares in (
            ("short", "en", short, (1.0, 1.0)),
            ("long", "be", long, (1.0, 0.0)),
        )
    ]
    means = np.array([lengths[short].mean() + 1, lengths[long].mean() + 1])
    for phase, expected in ((0, 0.5), (1, 1.0)):
        examples = list(islice(draw(streams, reader, means, Phase(phase), 1, np.array((0, 1))), 4_000))
        english = [e for e in examples if e.source[0] == small_bundle.vocabulary.tags["en"]]
        tokens = [sum(len(e.target) + 1 for e in some) for some in (english, examples)]
        assert tokens[0] / tokens[1] == pytest.approx(expected, abs=0.05)


def test_workers_share_the_pairs_and_see_each_before_any_again(small_bundle: Bundle) -> None:
    """Two workers draw every pair of a stream once, then all of them again in another order."""
    reader = Reader(small_bundle.sentences, small_bundle.vocabulary, None, seed=1)
    stream = small_bundle.streams()[0]
    stream = replace(stream, sources=stream.sources[:60], targets=stream.targets[:60])
    all_pairs = Counter(tuple(reader.read(stream, index).target) for index in range(60))
    rounds = [
        [tuple(e.target) for e in islice(draw([stream], reader, np.ones(1), Phase(0), 1, np.array((worker, 2))), 60)]
        for worker in (0, 1)
    ]
    first, second = (rounds[0][part] + rounds[1][part] for part in (slice(30), slice(30, 60)))
    assert Counter(first) == Counter(second) == all_pairs
    assert first != second


def test_processes_pack_and_a_dead_one_is_noticed(small_bundle: Bundle) -> None:
    """Steps come out of the queue; when a worker is gone, the run ends with an error instead of waiting forever."""
    workers = PackingWorkers(small_bundle, 2, seed=1)
    try:
        assert sum(workers.next().target_tokens for _ in range(5)) > 500
        worker = next(process for process in multiprocessing.active_children() if process.name == "packing-1")
        worker.kill()
        worker.join()  # a signal is on its way for a while, and the other worker fills a hundred steps in that time
        with pytest.raises(RuntimeError, match="packing worker"):  # noqa: PT012 - the first rows may be there already
            for _ in range(100):
                workers.next()
    finally:
        workers.close()
