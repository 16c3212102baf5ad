"""The real engine with a tiny model of random numbers: tokens, tags, scores, limits, cancelling, threads."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ctranslate2
import numpy as np
import pytest

from talmach.catalog.manifest import Lengths
from talmach.engine.base import AlignedSentence, DecodeOptions, Direction, Hypothesis, Prompt
from talmach.engine.ct2 import Ct2Translator
from talmach.engine.model import resolve_device
from talmach.errors import EngineFailure, ModelUnusable
from tests.unit.engine import tiny

DIRECTIONS = frozenset(map(Direction.parse, ("be-en", "ru-en", "en-be")))
BE_EN = Direction("be", "en")
GREEDY = DecodeOptions()
LIMIT = 80
ABORT_AT_EXIT = """
import sys, threading
from pathlib import Path
from talmach.engine.base import DecodeOptions, Direction
from talmach.engine.ct2 import Ct2Translator
sys.setswitchinterval(1.0)  # workers wait long for the lock
direction = Direction("be", "en")
engine = Ct2Translator("tiny", Path(sys.argv[1]), frozenset({direction}), max_source_tokens=80, device="cpu", workers=4)
batch = [engine.tokenize("Ганна бачыў новую школу", direction)]
run = lambda: engine.translate(batch, DecodeOptions())
threads = [threading.Thread(target=run) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def opened(directory: Path, compute_type: str = "int8", workers: int = 1) -> Ct2Translator:
    """Load a model for these tests."""
    return Ct2Translator(
        "tiny", directory, DIRECTIONS, max_source_tokens=LIMIT, device="cpu", compute_type=compute_type, workers=workers
    )


@pytest.fixture(scope="module", name="directory")
def _directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("translator")
    tiny.write_translator(directory, end_bias=2.0)
    return directory


@pytest.fixture(scope="module", name="engine")
def _engine(directory: Path) -> Ct2Translator:
    return opened(directory, workers=2)


@pytest.fixture(scope="module", name="batch")
def _batch(engine: Ct2Translator) -> list[list[str]]:
    """Sentences of several lengths, in no order."""
    return [engine.tokenize(text, BE_EN) for text in tiny.SENTENCES[::23]]


def test_the_tag_stands_in_front_of_the_pieces(engine: Ct2Translator) -> None:
    """Of the target language; the pieces after it are the normalised text."""
    tokens = engine.tokenize("Ганна  бачыў «новую» школу…", BE_EN)
    assert tokens[0] == "<2en>"
    assert engine._tokenizer.text(tokens[1:]) == 'Ганна бачыў "новую" школу...'
    assert engine.tokenize("Anna", Direction("en", "be"))[0] == "<2be>"


def test_empty_text_is_the_tag_alone(engine: Ct2Translator) -> None:
    """Nothing is invented."""
    assert engine.tokenize(" \n", BE_EN) == ["<2en>"]


@pytest.mark.parametrize("text", ["<2ru>", "Ганна <2ru> бачыў", "<2en><2be>", "x<2ru>y", "<<2ru>>"])
def test_tags_in_the_text_cannot_steer_the_model(engine: Ct2Translator, text: str) -> None:
    """They are spelled out in bytes, and read back as the text that they are."""
    tokens = engine.tokenize(text, BE_EN)
    assert tokens[0] == "<2en>"
    assert not any(token.startswith("<2") for token in tokens[1:])
    assert engine._tokenizer.text(tokens[1:]) == text


@pytest.mark.parametrize("text", ["</s> <s> <unk> <pad>", "🎉 漢字 ẞ", "▁▁a", "\u0000\u0007x", "<0x41>"])
def test_every_text_is_spelled_in_known_pieces(engine: Ct2Translator, text: str) -> None:
    """Unknown characters fall back to bytes; control tokens do not come from text."""
    pieces = engine.tokenize(text, BE_EN)[1:]
    assert {"</s>", "<s>", "<unk>", "<pad>"}.isdisjoint(pieces)
    assert set(pieces) <= set(engine._target_tokens) - {"<unk>"}
    assert engine.translate([["<2en>", *pieces]], GREEDY)


def test_results_belong_to_their_sentences(engine: Ct2Translator, batch: list[list[str]]) -> None:
    """As many as sentences, in order: each is what the sentence gives when decoded alone."""
    together = engine.translate(batch, GREEDY)
    assert len(together) == len(batch)
    for tokens, hypothesis in zip(batch, together, strict=True):
        (alone,) = engine.translate([tokens], GREEDY)
        # A lone sentence has a lower length limit.
        assert alone.text == hypothesis.text or (alone.truncated and hypothesis.text.startswith(alone.text[:-1]))
    assert len({hypothesis.text for hypothesis in together}) == len(batch)


def test_an_empty_batch_has_no_results(engine: Ct2Translator) -> None:
    """And an empty sentence has one."""
    assert engine.translate([], GREEDY) == []
    assert len(engine.translate([["<2en>"]], GREEDY)) == 1


def test_truncation_is_reported(engine: Ct2Translator, batch: list[list[str]]) -> None:
    """A sentence that reached the limit has no end token; the others have one."""
    longest = max(map(len, batch))
    hypotheses = engine.translate(batch, GREEDY)
    assert {hypothesis.truncated for hypothesis in hypotheses} == {True, False}
    for hypothesis in hypotheses:
        assert hypothesis.truncated == (hypothesis.tokens == 2 * longest + 16)


@pytest.mark.parametrize("options", [GREEDY, DecodeOptions(beam_size=4)])
def test_scores_are_mean_log_probabilities(directory: Path, options: DecodeOptions) -> None:
    """Of the tokens with the end token, as scoring the same translation says."""
    engine = opened(directory, "float32")
    batch = [engine.tokenize(text, BE_EN) for text in tiny.SENTENCES[::31]]
    model = engine._model
    limit = 2 * max(map(len, batch)) + 16
    results = model.translate_batch(
        batch,
        beam_size=options.beam_size,
        max_decoding_length=limit,
        return_end_token=True,
    )
    compared = 0
    for tokens, result, hypothesis in zip(batch, results, engine.translate(batch, options), strict=True):
        if not hypothesis.truncated:
            (scored,) = model.score_batch([tokens], [result.hypotheses[0][:-1]])
            assert hypothesis.tokens == len(scored.log_probs)
            # Not closer: when translating, the end token is ruled out at the first step.
            assert hypothesis.score == pytest.approx(np.mean(scored.log_probs), abs=5e-3)
            assert hypothesis.score < 0
            compared += 1
    assert compared >= 4


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.4])
def test_a_length_penalty_leaves_the_scores_what_they_are(
    engine: Ct2Translator, batch: list[list[str]], length_penalty: float
) -> None:
    """A greedy search chooses nothing by it, and a score is still a mean."""
    plain, weighed = engine.translate(batch, GREEDY), engine.translate(batch, DecodeOptions(1, length_penalty))
    assert [each.text for each in plain] == [each.text for each in weighed]
    assert [each.score for each in weighed] == pytest.approx([each.score for each in plain], rel=1e-5)


def test_beam_search_finds_what_is_likelier(engine: Ct2Translator, batch: list[list[str]]) -> None:
    """On the mean of all sentences, and it gives other translations."""
    greedy, beam = engine.translate(batch, GREEDY), engine.translate(batch, DecodeOptions(beam_size=4))
    assert [each.text for each in greedy] != [each.text for each in beam]
    assert np.mean([each.score for each in beam]) > np.mean([each.score for each in greedy])


FRENCH, ENGLISH = Direction("be", "fr"), Direction("be", "en")


def prompted(directory: Path, prompts: dict[Direction, Prompt], lengths: Lengths | None = None) -> Ct2Translator:
    """Load the model as if it wanted to be spoken to in another way."""
    return Ct2Translator(
        "tiny",
        directory,
        frozenset(prompts),
        max_source_tokens=LIMIT,
        device="cpu",
        compute_type="float32",
        prompts=prompts,
        lengths=lengths,
    )


def test_a_prompt_stands_around_the_pieces(directory: Path) -> None:
    """Whatever the manifest says, and a target prefix is not part of the translation."""
    forced = ("<2be>", "<2ru>")
    prompts = {ENGLISH: Prompt(("<s>",), ("<2en>", "</s>")), FRENCH: Prompt(("<s>",), ("<2en>", "</s>"), forced)}
    engine = prompted(directory, prompts, Lengths(factor=1, extra=0, limit=9))
    plain, with_prefix = (engine.tokenize("Ганна", each) for each in (ENGLISH, FRENCH))
    assert (plain[0], plain[-2:]) == ("<s>", ["<2en>", "</s>"])
    assert plain == with_prefix
    raw = engine._model.translate_batch([with_prefix], target_prefix=[forced], max_decoding_length=9, beam_size=1)
    assert tuple(raw[0].hypotheses[0][:2]) == forced
    # One batch, two prompts.
    first, second = engine.translate([with_prefix, plain], GREEDY)
    assert first.text == engine._tokenizer.text(raw[0].hypotheses[0][2:]).replace("\ufffd", "")
    assert engine.translate([plain, with_prefix], GREEDY) == [second, first]


def test_the_score_of_a_forced_beginning_does_not_count(directory: Path) -> None:
    """A score is the mean over what the model chose."""
    engine = prompted(directory, {FRENCH: Prompt(("<2en>",), target_prefix=("<2be>",))})
    sentence = engine.tokenize("Пётр бачыў", FRENCH)
    (hypothesis,) = engine.translate([sentence], GREEDY)
    limit = Lengths().longest(len(sentence))
    (raw,) = engine._model.translate_batch(
        [sentence], target_prefix=[["<2be>"]], max_decoding_length=limit, beam_size=1
    )
    (scored,) = engine._model.score_batch([sentence], [raw.hypotheses[0]])
    assert hypothesis.score == pytest.approx(np.mean(scored.log_probs[1 : hypothesis.tokens + 1]), abs=5e-3)


def test_a_prompt_that_the_vocabulary_lacks_is_an_error(directory: Path) -> None:
    """At the start, not as an unknown token in every sentence."""
    with pytest.raises(ModelUnusable, match=r"^tiny: prompt: the source vocabulary has no token '>>bel<<'$"):
        prompted(directory, {ENGLISH: Prompt((">>bel<<",))})
    with pytest.raises(ModelUnusable, match=r"^tiny: prompt: the target vocabulary has no token 'bel_Cyrl'$"):
        prompted(directory, {ENGLISH: Prompt(target_prefix=("bel_Cyrl",))})


def test_a_translation_is_no_longer_than_the_model_allows(directory: Path) -> None:
    """By factor, by what is added, and by the positions of the decoder."""
    engine = prompted(directory, {ENGLISH: Prompt(("<2en>",))}, Lengths(factor=3, extra=40, limit=21))
    hypotheses = engine.translate([engine.tokenize(text, ENGLISH) for text in tiny.SENTENCES[::23]], GREEDY)
    assert max(each.tokens for each in hypotheses) == 21
    assert any(each.truncated and each.tokens == 21 for each in hypotheses)


def test_penalties_take_effect(engine: Ct2Translator, batch: list[list[str]]) -> None:
    """Stricter options change what comes out."""
    strict = engine.translate(batch, DecodeOptions(repetition_penalty=1.5, no_repeat_ngram_size=2))
    assert [each.text for each in strict] != [each.text for each in engine.translate(batch, GREEDY)]


def test_a_sentence_above_the_window_is_refused(engine: Ct2Translator) -> None:
    """It would be cut without a word."""
    with pytest.raises(EngineFailure, match="81 tokens"):
        engine.translate([["<2en>", *["a"] * 80]], GREEDY)


def test_a_window_beyond_a_thousand_tokens_is_not_cut(directory: Path) -> None:
    """CTranslate2 cuts at 1024 unless it is told not to, and says nothing."""
    engine = Ct2Translator("tiny", directory, DIRECTIONS, max_source_tokens=1_200, device="cpu")
    pair = AlignedSentence(["<2en>"] * 1_200, ("<2en>",), source_letters=(), target_letters=())
    (hypothesis,) = engine.translate([pair], DecodeOptions(align=True))
    assert hypothesis.attention is not None
    assert hypothesis.attention.all()  # what is cut is looked at with exactly 0


def test_a_translation_is_one_line(engine: Ct2Translator) -> None:
    """Whatever bytes the model makes."""

    class Result:
        hypotheses = ((*"ab", "<0x0A>", "<0x0D>", "c", "</s>"),)
        scores = (-1.0,)

    assert engine._hypothesis(Result(), 1.0) == Hypothesis("ab c", -1.0, 6, truncated=False)


def test_a_known_translation_shows_where_the_model_looked(engine: Ct2Translator) -> None:
    """One row for each token of the translation, one column for each of the source; letters are told from the rest."""
    pairs = [
        engine.tokenize_pair("Ганна бачыла, 5 школ", "Hanna saw 5 schools.", BE_EN),
        engine.tokenize_pair("Школа", "A school", BE_EN),
    ]
    hypotheses = engine.translate(pairs, DecodeOptions(align=True))
    for pair, hypothesis in zip(pairs, hypotheses, strict=True):
        assert hypothesis.attention is not None
        assert hypothesis.attention.shape == (len(pair.target_prefix), len(pair))
        sums = hypothesis.attention.sum(axis=1)  # the rest went to the end of the sentence
        assert np.all((sums > 0) & (sums < 1.001))
    assert (sum(pairs[0].source_letters), sum(pairs[0].target_letters)) == (16, 16)
    assert pairs[0].source_letters[0] == 0, "the tag has none"


def test_letters_written_in_bytes_are_counted_once(engine: Ct2Translator) -> None:
    """A character that no token spells is several tokens, of which the last one counts."""
    pair = engine.tokenize_pair("слово \u4e2d\U0001f600 x", "\u4e2d", BE_EN)
    assert (sum(pair.source_letters), sum(pair.target_letters)) == (7, 1)


def test_threads_get_the_same_results(engine: Ct2Translator, batch: list[list[str]]) -> None:
    """Four at once, several times, tokenising and translating."""
    expected = engine.translate(batch, GREEDY)

    def work(_: int) -> list[Hypothesis]:
        own = [engine.tokenize(text, BE_EN) for text in tiny.SENTENCES[::23]]
        return engine.translate(own, GREEDY)

    with ThreadPoolExecutor(4) as executor:
        assert all(result == expected for result in executor.map(work, range(12)))


def test_what_is_in_effect_is_reported(engine: Ct2Translator, directory: Path) -> None:
    """Not what was asked for: int8 keeps float32 activations on a CPU."""
    assert (engine.device, engine.compute_type) == ("cpu", "int8_float32")
    assert opened(directory, "float32").compute_type == "float32"
    assert engine.model_id == "tiny"
    assert engine.directions == DIRECTIONS


def test_devices_are_resolved() -> None:
    """A GPU gets float16, a CPU int8; what is named stays."""
    has_gpu = ctranslate2.get_cuda_device_count() > 0
    assert resolve_device("auto", "auto") == (("cuda", "float16") if has_gpu else ("cpu", "int8"))
    assert resolve_device("cpu", "auto") == ("cpu", "int8")
    assert resolve_device("cuda", "auto") == ("cuda", "float16")
    assert resolve_device("cpu", "float32") == ("cpu", "float32")


@pytest.mark.parametrize("name", ["model.bin", "sentencepiece.model", "config.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut"])
def test_a_damaged_model_is_unusable(directory: Path, tmp_path: Path, name: str, damage: str) -> None:
    """A sentence that names the model and quotes no path, and never a crash."""
    for path in directory.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    content = (tmp_path / name).read_bytes()
    if damage == "missing":
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(b"" if damage == "empty" else content[: len(content) // 2])
    with pytest.raises(ModelUnusable, match=r"^tiny: cannot be loaded \(\w+\)$"):
        opened(tmp_path)


def test_an_unknown_compute_type_is_unusable(directory: Path) -> None:
    """Not a traceback of the library."""
    with pytest.raises(ModelUnusable):
        opened(directory, "int3")


def test_the_process_ends_well_right_after_a_translation(directory: Path) -> None:
    """Workers of CTranslate2 that are still busy with the end of their work do not abort an interpreter that ends."""
    ended = subprocess.run(
        [sys.executable, "-c", ABORT_AT_EXIT, str(directory)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
