"""A word is known by its stem, or by groups of letters that other words share; what is made up is not."""

import hashlib

import pytest

from talmach.catalog import default_models_dir
from talmach.catalog.manifest import load
from talmach.text.known_words import BITS_PER_KEY, KnownWords, group_keys, stem_key

_TO_LETTERS = str.maketrans("0123456789", "ghijklmnop")


@pytest.fixture(scope="module")
def embedded() -> KnownWords:
    """What the embedded model has met."""
    spec = load(default_models_dir()).model("talmach-translation")
    assert spec.words is not None
    return KnownWords.read(default_models_dir() / spec.path / spec.words)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The shepherd’s lighthouses and unlit reindeer, re-elected for 1990s tomatoes."),
        ("ru", "Недобросовестные подрядчики перекрасили старую башню, а музейные работники уехали на автобусах."),
        ("be", "Падрадчыкі не адрамантавалі вадасховішча, а музейныя работнікі з’ехалі з ратушы ў сямі аўтобусах."),
        # A name, a sign and a short word say nothing.
        ("en", "Zblorkhin, GKRTSZ and xq."),
        ("ru", ""),
    ],
)
def test_words_of_the_language_are_known(embedded: KnownWords, language: str, text: str) -> None:
    """Inflected and prefixed ones, too."""
    assert not embedded.lacks_any(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "They are fed by cattleblowers."),
        ("en", "The anestheticologists came."),
        ("ru", "На стенах живут хеджогахи и щурцовники."),
        ("ru", "Он купил цукерку."),
        ("be", "Гэта было знурыцельным падарожжам."),
        ("be", "Прачытайце пра пуцяшоства."),
    ],
)
def test_invented_and_foreign_words_are_not(embedded: KnownWords, language: str, text: str) -> None:
    """The embedded model has written all of them."""
    assert embedded.lacks_any(text, language)


def test_all_keys_are_found_and_few_others() -> None:
    """None is missed; of what is not there about one in fifty is taken for known."""
    words = [hashlib.sha256(str(number).encode()).hexdigest().translate(_TO_LETTERS)[:12] for number in range(20_000)]
    known = KnownWords.of_keys({stem_key(word, "en") for word in words[:10_000]})
    assert len(known.to_bytes()) <= 10_000 * BITS_PER_KEY / 8
    assert not known.lacks_any(" ".join(words[:10_000]), "en")
    assert 0.005 < sum(not known.lacks_any(word, "en") for word in words[10_000:]) / 10_000 < 0.05


def test_letters_speak_for_a_word_where_stems_are_too_few() -> None:
    """In Belarusian two unknown groups are needed, in English none is asked for."""
    groups = group_keys("ратушаў", "be")
    assert KnownWords.of_keys({*groups[:-2], "be x"}).lacks_any("ратушаў", "be")
    assert not KnownWords.of_keys({*groups[:-1], *map(str, range(500))}).lacks_any("ратушаў", "be")
    assert group_keys("townhalls", "en") == []
