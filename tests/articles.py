"""Articles for tests that need no call."""

from talmach.text.article import Article, Field


def an_article(headline: str = "", lead: str = "", body: str = "", language: str | None = None) -> Article:
    """Split an article; `language` None = by the rules of all languages."""
    return Article.of({Field.HEADLINE: headline, Field.LEAD: lead, Field.BODY: body}, language)
