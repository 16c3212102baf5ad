"""Has a model that `talmach` serves translate what `synthesize collect` gathered: a teacher for the next student.

    talmach models pull opus-mt && talmach serve --address 127.0.0.1:50051 &
    python -m models.training.distill FOLDER TRANSLATED --teacher MODEL_ID --address 127.0.0.1:50051

In the place of `generate`, and read by `synthesize keep` in the same way. "Sequence-level knowledge distillation", Kim
and Rush 2016 (https://aclanthology.org/D16-1139/). The sentences go through the service like anybody's: batched,
checked, decoded once more where a check fails; one that a grave flag doubts is left out. An interrupted run goes on
with its next task.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from rich.progress import Progress

from models.training.data.synthetic import Task, Translated, read_tasks, write_translated
from talmach.client import AsyncClient, BatchTranslateRequest, QualityFlag, TextTranslation, TranslationOptions

_GRAVE = frozenset(
    {
        QualityFlag.QUALITY_FLAG_REPETITION,
        QualityFlag.QUALITY_FLAG_LENGTH_RATIO,
        QualityFlag.QUALITY_FLAG_NUMBER_MISMATCH,
        QualityFlag.QUALITY_FLAG_UNTRANSLATED,
        QualityFlag.QUALITY_FLAG_WRONG_SCRIPT,
        QualityFlag.QUALITY_FLAG_TRUNCATED,
    }
)
_NOT_SCORED = float("nan")


async def translate(
    client: AsyncClient, task: Task, sentences: list[str], teacher: str
) -> AsyncIterator[Translated | None]:
    """Yield the translation of each sentence as soon as it is ready; None for one that is left out."""
    options = TranslationOptions(source_language_code=task.language, target_language_code=task.into, model=teacher)

    async def items() -> AsyncIterator[BatchTranslateRequest]:
        for index, sentence in enumerate(sentences):
            yield BatchTranslateRequest(id=str(index), text=sentence, options=options)

    async for answer in client.batch_translate(items()):
        yield _kept(int(answer.id), answer.text) if answer.HasField("text") else None


def _kept(index: int, translation: TextTranslation) -> Translated | None:
    text = " ".join(translation.translated_text.split())
    flags = {flag for segment in translation.segments for flag in segment.quality_flags}
    if not text or not translation.complete or flags & _GRAVE:
        return None
    score = min((segment.score for segment in translation.segments if segment.HasField("score")), default=_NOT_SCORED)
    return Translated(index, score, _NOT_SCORED, text)


async def distill(folder: Path, output: Path, teacher: str, address: str) -> None:
    """Translate every task that has no result yet."""
    async with AsyncClient(address) as client:
        for task, sentences in read_tasks(folder):
            if (output / f"{task.name}.tsv.xz").exists():
                continue
            kept: list[Translated] = []
            with Progress() as progress:
                bar = progress.add_task(task.name, total=len(sentences))
                async for translated in translate(client, task, sentences, teacher):
                    progress.advance(bar)
                    if translated is not None:
                        kept.append(translated)
            write_translated(output, task, kept)
            print(f"{task.name}: {len(kept):,} of {len(sentences):,} sentences", flush=True)


def main() -> None:
    """Run the step from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what `synthesize collect` wrote")
    parser.add_argument("output", type=Path, help="folder for the translations")
    parser.add_argument("--teacher", required=True, help="id of the model, as `talmach models list` shows it")
    parser.add_argument("--address", default="127.0.0.1:50051", help="where `talmach serve` listens")
    arguments = parser.parse_args()
    asyncio.run(distill(arguments.folder, arguments.output, arguments.teacher, arguments.address))


if __name__ == "__main__":
    main()
