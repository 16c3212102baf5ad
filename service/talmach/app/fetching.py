"""Fetches a checkpoint from the hub into the cache of its own client; a large file that came in part is continued."""

import logging
import sys
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from talmach.errors import ModelUnusable

# What the models need, of repositories that also hold the same weights for other libraries.
PATTERNS = ("*.json", "*.txt", "*.model", "*.spm", "README.md", "*/config.json", "*_Dense/*")
WEIGHTS = (("*.safetensors", "model.safetensors"), ("pytorch_model*.bin", "pytorch_model.bin"))


def commit_of(repository: str, revision: str | None) -> str:
    """Return the commit that the hub has under a revision, None = the newest; empty where it does not say."""
    try:
        import huggingface_hub  # noqa: PLC0415 - an extra

        return str(huggingface_hub.model_info(repository, revision=revision).sha or "")
    except Exception:  # noqa: BLE001 - fetching meets the same, and says so
        return ""


def fetch(model_id: str, repository: str, revision: str | None) -> tuple[Path, str]:
    """Return the directory of a snapshot in the client's cache, and its commit; `revision` None = the newest.

    Raises:
        ModelUnusable: what stands in the way, in one sentence.

    """
    try:
        import huggingface_hub  # noqa: PLC0415 - an extra
        from huggingface_hub import errors, utils  # noqa: PLC0415
    except ImportError as error:
        raise ModelUnusable(model_id, "pulling needs packages: pip install 'talmach[convert]'") from error
    utils.logging.set_verbosity(logging.CRITICAL)  # what went wrong is said once, below
    if not sys.stderr.isatty():
        utils.disable_progress_bars()
    try:
        names = _names(huggingface_hub, repository, revision)
        weights = _weights(names)
        for name in names:
            if any(fnmatch(name, pattern) for pattern in weights):
                _complete(huggingface_hub, repository, revision, name)
        path = Path(
            huggingface_hub.snapshot_download(repository, revision=revision, allow_patterns=[*PATTERNS, *weights])
        )
    except errors.GatedRepoError as error:
        problem = "asks its users to accept its terms on its page first, and then for a token (HF_TOKEN)"
        raise ModelUnusable(model_id, f"{repository} {problem}") from error
    except errors.RepositoryNotFoundError as error:
        raise ModelUnusable(
            model_id, f"the hub has no {repository}, or shows it only to those with a token (HF_TOKEN)"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ModelUnusable(model_id, f"{repository} has no revision {revision!r}") from error
    except errors.LocalEntryNotFoundError as error:
        raise ModelUnusable(
            model_id, f"{repository} is not in the cache, and the hub is out of reach (offline?)"
        ) from error
    except Exception as error:  # the exceptions of the client's own HTTP library have no common base
        reason = " ".join(str(error).split())[:300]
        raise ModelUnusable(
            model_id, f"{repository} could not be fetched: {reason}; what has arrived is kept, try again"
        ) from error
    # The cache names a snapshot's directory by its commit.
    return path, path.name


def _names(huggingface_hub: Any, repository: str, revision: str | None) -> list[str]:
    """Return the names of a repository's files; none when the hub is out of reach, for the cache may have them."""
    try:
        return list(huggingface_hub.list_repo_files(repository, revision=revision))
    except huggingface_hub.errors.HfHubHTTPError:
        raise
    except Exception:  # noqa: BLE001 - in words of whatever speaks HTTP there
        return []


def _weights(names: Sequence[str]) -> list[str]:
    """Return the patterns of one format of the weights: safetensors where there are any."""
    for pattern, name in WEIGHTS:
        if name in names or f"{name}.index.json" in names:
            return [pattern]
    return [pattern for pattern, _ in WEIGHTS]


def _complete(huggingface_hub: Any, repository: str, revision: str | None, name: str) -> None:
    """Fetch a large file into the cache, from where an earlier process stopped: the client itself would begin anew."""
    import filelock  # noqa: PLC0415 - an extra
    from huggingface_hub import constants, file_download, utils  # noqa: PLC0415

    url = huggingface_hub.hf_hub_url(repository, name, revision=revision)
    found = huggingface_hub.get_hf_file_metadata(url)
    if not (found.etag and found.size):
        return  # left to the client
    folder = file_download.repo_folder_name(repo_id=repository, repo_type="model")
    blob = Path(constants.HF_HUB_CACHE) / folder / "blobs" / found.etag
    blob.parent.mkdir(parents=True, exist_ok=True)
    headers = utils.build_hf_headers()
    if urlsplit(found.location).netloc != urlsplit(url).netloc:
        headers.pop("authorization", None)  # the token is the hub's, and nobody else's
    part = blob.with_name(f"{found.etag}.talmach.incomplete")
    with filelock.FileLock(blob.with_name(f"{found.etag}.talmach.lock")):
        if blob.exists():
            return
        with part.open("ab") as file:
            if file.tell() > found.size:
                file.truncate(0)
            file_download.http_get(
                found.location,
                file,
                resume_size=file.tell(),
                headers=headers,
                expected_size=found.size,
                displayed_filename=name,
            )
        part.replace(blob)
