"""The whole recipe in one command: corpus in, trained and measured models out.

    python -m models.training.recipe models/training/experiments/full.toml --corpus CORPUS --work WORK \
        --seconds 570 --encoder-seconds 100 --install 2026.11.26 --machine "one H100"

Every step runs in a process of its own and is one of the commands that `models/training/README.md` lists. The models
are put into WORK/export; `--install` puts them into the package too.
"""

import argparse
import os
import shlex
import subprocess
import sys
from pathlib import Path

from models.training import experiment as experiments

MODELS_DIR = Path(__file__).parents[1]
# Without these, glibc returns every large tensor to the system and asks for it again: 29 % of the time on a CPU.
_MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "536870912",
    "MALLOC_TOP_PAD_": "67108864",
}


def steps(arguments: argparse.Namespace) -> list[list[str]]:
    """Return the commands, without the interpreter, in their order."""
    experiment, corpus = str(arguments.experiment), str(arguments.corpus)
    at = ["--corpus", corpus, "--work", str(arguments.work)]
    bundle, trained, output = (str(arguments.work / name) for name in ("bundle", "trained", "export"))
    asked, translated = (str(arguments.work / name) for name in ("sentences", "translated"))
    seconds, encoder_seconds = str(arguments.seconds), str(arguments.encoder_seconds)
    commands = [
        [
            *("synthesize", "collect", experiment, "--corpus", corpus, "--output", asked),
            *("--start", str(MODELS_DIR / "embedded" / "translation")),
        ],
        ["generate", asked, translated, "--seconds", str(arguments.generate_seconds)],
        ["synthesize", "keep", experiment, asked, translated, *at],
        ["bundle", experiment, *at, "--output", bundle],
        ["train", bundle, trained, "--seconds", seconds],
        ["train_encoder", bundle, trained, "--weights", trained, "--seconds", encoder_seconds],
        ["export", trained, "--output", f"{output}/translation"],
        ["export", trained, "--output", f"{output}/encoder", "--encoder"],
    ]
    if not arguments.install:
        return commands
    exact = str(arguments.work / "float32")
    return [
        *commands,
        ["export", trained, "--output", exact, "--float32"],
        [
            *("install", output, "--version", arguments.install, "--corpus", corpus, "--float32", exact),
            *("--max-source-tokens", str(experiments.load(arguments.experiment).data.max_tokens)),
            *("--trained", f"{arguments.machine}, {seconds} seconds and {encoder_seconds} for the encoder"),
        ],
    ]


def main() -> None:
    """Run the recipe from the command line; stops at the first step that fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True, help="wall clock for the translation model")
    parser.add_argument("--encoder-seconds", type=float, required=True, help="wall clock for the encoder")
    parser.add_argument("--generate-seconds", type=float, default=120, help="wall clock for the synthetic pairs")
    parser.add_argument(
        "--install", metavar="VERSION", help="put the models into models/embedded, with scores and cards"
    )
    parser.add_argument("--machine", default=f"{os.cpu_count()} CPU cores", help="what it is trained on, for the cards")
    arguments = parser.parse_args()
    for number, (module, *rest) in enumerate(commands := steps(arguments), start=1):
        print(f"[{number}/{len(commands)}] {module} {shlex.join(rest)}", flush=True)
        command = [sys.executable, "-m", f"models.training.{module}", *rest]
        status = subprocess.run(command, env=_MALLOC | os.environ, check=False).returncode
        if status:
            sys.exit(status)


if __name__ == "__main__":
    main()
