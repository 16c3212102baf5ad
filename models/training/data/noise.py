"""Typographic perturbations of a text; knows nothing of files, so that the packing workers can use it anywhere."""

import random
from collections.abc import Callable


def perturb(text: str, rng: random.Random) -> str:
    """Return `text` with one of the perturbations that headlines and careless typing show."""
    return rng.choice(_PERTURBATIONS)(text)


_PERTURBATIONS: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.title,
    lambda text: text.removesuffix("."),
    lambda text: text[:1].lower() + text[1:],
    lambda text: text.replace("ё", "е").replace("Ё", "Е"),
    lambda text: text.replace('"', ""),
    lambda text: text.replace(" — ", " - "),
    lambda text: text.replace("'", ""),
)
