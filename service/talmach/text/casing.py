"""ALL-CAPS headlines."""


def is_all_caps(text: str) -> bool:
    """Whether `text` is written in capitals."""
    return False


def to_sentence_case(text: str) -> str:
    """Lower-case all but the first letter and what looks like an acronym."""
    return text


def to_all_caps(text: str) -> str:
    """Upper-case `text` without touching its URLs and e-mails."""
    return text.upper()
