import pytest
from hypothesis import given
from hypothesis import strategies as st

from talmach.text import protected
from talmach.text.protected import ProtectedKind, find, has_markup, has_words

MARKS = st.text("abwruРфбел ./:@#_-12", max_size=40) | st.text()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Падрабязней на https://example.org/навіны?id=5.", ["https://example.org/навіны?id=5"]),
        ("(см. http://example.com/a_(b))", ["http://example.com/a_(b)"]),
        ("(гл. www.example.by), потым", ["www.example.by"]),
        ("Сообщает «news.by», а не kp.ru!", ["news.by", "kp.ru"]),
        ("Open example.com/path?x=1#top; then go", ["example.com/path?x=1#top"]),
        ("TUT.BY и Gazeta.Ru", ["TUT.BY", "Gazeta.Ru"]),
        ("Канал t.me/example_news, відэа youtu.be/abc.", ["t.me/example_news", "youtu.be/abc"]),
        ("Сайт министерство.рф открыт", ["министерство.рф"]),
        ("HTTPS://EXAMPLE.COM/A…", ["HTTPS://EXAMPLE.COM/A"]),
        ("href='https://a.by/x'", ["https://a.by/x"]),
    ],
)
def test_links_are_found_without_the_sentence_around_them(text: str, expected: list[str]) -> None:
    """Final marks, quotes and the bracket around a link are not part of it; a balanced bracket is."""
    tokens = find(text)
    assert [token.span.slice(text) for token in tokens] == expected
    assert {token.kind for token in tokens} == {ProtectedKind.URL}


@pytest.mark.parametrize(
    "text",
    [
        "г.Минск, ул.Ленина, т.е. и т.д.",
        "вул.Я.Коласа, 5.",
        "The U.S. and the U.K. agreed, e.g. on visas.",
        "He left.In May he came back.It was late",
        "Версия 2.0.1, 12.05.2024 и 9.30",
        "Node.js and ASP",
        "5 @ 10, C# and R&B at #5",
        "Лента.ру",
    ],
)
def test_abbreviations_and_slips_are_no_tokens(text: str) -> None:
    """A dot without a space behind it does not make a link, nor a stray sign a tag."""
    assert find(text) == []


def test_the_other_kinds() -> None:
    """E-mail addresses, @handles (also of federated networks), #tags in any script, emoji and markup, in order."""
    text = "Пішыце info@example.by або @news_hub, @anna@social.example, #Мінск2030; #news! 👍🏽 <b>&nbsp;"
    assert [(token.kind, token.span.slice(text)) for token in find(text)] == [
        (ProtectedKind.EMAIL, "info@example.by"),
        (ProtectedKind.HANDLE, "@news_hub"),
        (ProtectedKind.HANDLE, "@anna@social.example"),
        (ProtectedKind.HASHTAG, "#Мінск2030"),
        (ProtectedKind.HASHTAG, "#news"),
        (ProtectedKind.EMOJI, "👍🏽"),
        (ProtectedKind.MARKUP, "<b>"),
        (ProtectedKind.MARKUP, "&nbsp;"),
    ]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Спасибо 👩‍🚀 всем 🇧🇾 1️⃣!", ["👩‍🚀", "🇧🇾", "1️⃣"]),
        ("<p class='x'>Снег</p><br/>", ["<p class='x'>", "</p>", "<br/>"]),
        ("Загад `git pull` і каментар <!-- тут -->", ["`git pull`", "<!-- тут -->"]),
        ("Код ```x = 1``` і ``y``", ["```x = 1```", "``y``"]),
        ("| Мінск | 5 |", ["|", "|", "|"]),
        ("|---|:-:|", ["|---|:-:|"]),
        ("```py\nx = 1\n\ny = 2\n```", ["```py\nx = 1\n\ny = 2\n```"]),
        ("5 < 6 > 4 и <5, R&B;", []),
    ],
)
def test_emoji_and_markup_are_kept_whole(text: str, kept: list[str]) -> None:
    """With their modifiers and attributes; signs of mathematics are none of it."""
    assert [token.span.slice(text) for token in find(text)] == kept


@pytest.mark.parametrize(("text", "expected"), [("Навіны | Сайт", False), ("| a | b", True), ("<b>a</b>", True)])
def test_a_lone_bar_is_no_markup(text: str, expected: bool) -> None:
    """As it stands in the titles of pages."""
    assert has_markup(text) is expected


@pytest.mark.parametrize(
    "text", ["", "12:30 — 5 %", "🙂🙃 @news #топ", "https://example.org/a", "№ 5 ’ ʼ", "+375 (17) 222-22-22"]
)
def test_nothing_to_translate(text: str) -> None:
    """Numbers, punctuation, symbols, emoji and protected tokens have no words."""
    assert not has_words(text)


@pytest.mark.parametrize("text", ["Так.", "5 km", "a", "https://example.org/a і яшчэ", "#топ новости"])
def test_something_to_translate(text: str) -> None:
    """One letter outside of protected tokens is enough."""
    assert has_words(text)


@given(st.text(alphabet="aб1@#./:-_ ()wruby", max_size=60) | st.text(max_size=60))
def test_tokens_are_ordered_and_apart(text: str) -> None:
    """Spans never overlap, are never empty and, but for markup, hold no white space."""
    end = 0
    for token in find(text):
        assert end <= token.span.start < token.span.end <= len(text)
        assert token.kind is ProtectedKind.MARKUP or not any(char.isspace() for char in token.span.slice(text))
        end = token.span.end


@given(MARKS)
def test_no_token_lacks_the_sign_that_is_looked_for_first(text: str) -> None:
    """What is asked before the large pattern may only be too willing."""
    assert protected._SIGN.search(text) or not protected._TOKEN.search(text)
