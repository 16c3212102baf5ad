"""Replaces the embedded models by trained ones, with everything that documents them, in one command.

    python -m models.training.install WEIGHTS --version 2026.11.26 --max-source-tokens 250 --corpus CORPUS \
        --trained "one H100, 552 seconds"

WEIGHTS holds what `export` writes, as `translation/`, `encoder/` or both. Checksums, scores, `models/results`, cards
and the README's table follow; each is also a command of its own.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from models.training import card, doubt, evaluate, register
from models.training.data import known_words
from models.training.register import MODELS_DIR

_UPDATE_TABLES = MODELS_DIR.parent / "tests" / "update_tables.py"


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    register.add_arguments(parser)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with sources.tsv and dev/")
    parser.add_argument("--trained", required=True, help="machine and time, in words")
    parser.add_argument("--float32", type=Path, help="float32 export of the translation model: what does int8 cost?")
    parser.add_argument(
        "--compare", type=int, nargs="*", default=[1, 2], metavar="BEAM", help="beams to measure beside the model's own"
    )
    parser.add_argument("--doubt-lines", type=int, help="lines of the development set for the study of doubt")
    arguments = parser.parse_args()
    specs = register.embed_as_told(arguments)
    for spec in specs:
        report = evaluate.evaluate_model(spec, arguments.corpus / "dev", arguments.float32, arguments.compare)
        evaluate.write_report(spec, report)
    if any(spec.kind == "translation" for spec in specs):
        known_words.write(next(spec for spec in specs if spec.kind == "translation"), arguments.corpus)
        with TemporaryDirectory() as work:
            doubt.write(*doubt.run(arguments.corpus, Path(work), arguments.doubt_lines))
    for spec in specs:
        card.write_card(spec.id, arguments.corpus, arguments.trained)
    subprocess.run([sys.executable, str(_UPDATE_TABLES)], check=True)


if __name__ == "__main__":
    main()
