"""What is wrong with an input, which may be something in each of a million lines."""

_SHOWN = 5


class Problems:
    """The first five problems, and the number of the others."""

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._more = 0

    def add(self, problem: str) -> None:
        """Add a problem."""
        if len(self._shown) < _SHOWN:
            self._shown.append(problem)
        else:
            self._more += 1

    def __bool__(self) -> bool:
        return bool(self._shown)

    def __str__(self) -> str:
        more = [f"and {self._more} more"] if self._more else []
        return "; ".join([*self._shown, *more])
