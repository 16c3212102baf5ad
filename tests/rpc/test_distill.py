"""A teacher behind the real server: what of its translations reaches the student."""

from pathlib import Path

from models.training.data.synthetic import read_tasks, read_translated, write_tasks
from models.training.distill import distill
from tests.rpc.harness import Running

SENTENCES = ["Сёння ідзе моцны дождж.", "Гэта raise тут.", "Горад адкрыў новую школу."]


async def test_a_teacher_translates_through_the_service(served: Running, tmp_path: Path) -> None:
    """Each sentence under its own number, with the score; one that failed is left out; a second run does nothing."""
    served.queue._max_batch_size = 1
    folder, output = tmp_path / "folder", tmp_path / "out"
    write_tasks(folder, [("task", "be", "en", SENTENCES)])
    await distill(folder, output, "naughty", served.address)
    ((task, sentences),) = read_tasks(folder)
    found = {sentences[each.index]: each for each in read_translated(output, task)}
    assert set(found) <= {SENTENCES[0], SENTENCES[2]}
    assert found
    for sentence, each in found.items():
        assert each.text != sentence
        assert each.score == each.score  # a number: the engine's
        assert each.reverse != each.reverse  # NaN: nobody scored it
    before = (output / "task.tsv.xz").stat().st_mtime_ns
    await distill(folder, output, "naughty", served.address)
    assert (output / "task.tsv.xz").stat().st_mtime_ns == before
