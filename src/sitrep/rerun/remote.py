"""What runs on a worker of a Dask cluster. The scheduler reads this module too, so that it imports nothing at the top."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

#: How a report came out, why not, what its maker must know, and its files.
Answer = tuple[str, str, list[str], dict[str, bytes]]


def itself(content: bytes) -> bytes:
    """Return an input as it is: a task, which a worker can repeat when another that held its result died."""
    return content


def render(name: str, wanted: Mapping[str, str], held: Mapping[str, bytes], code: Mapping[str, str]) -> Answer:
    """Render the report *name* from inputs alone.

    *wanted* are the hashes of the inputs by their paths, *held* the inputs by their hashes, *code* the hashes of the
    package that is to render.
    """
    from sitrep import hashes
    from sitrep.render import manifest
    from sitrep.rerun import bundle
    from sitrep.rerun.batch import FAILED, RENDERED, attempt

    wrong = sorted(digest for digest, content in held.items() if hashes.of(content) != digest)
    if wrong:
        return FAILED, f"{len(wrong)} inputs arrived damaged", [], {}
    here = manifest.code()
    if here != code:
        other = sorted(path for path in {*here, *code} if here.get(path) != code.get(path))
        return FAILED, f"the worker has another sitrep: {len(other)} files differ, {other[0]} first", [], {}
    with tempfile.TemporaryDirectory(prefix="sitrep-remote-") as work:
        top = Path(work) / "project"
        bundle.unpack({path: held[digest] for path, digest in wanted.items()}, top)
        status, message, notes = attempt(name, top)
        folder = top / "reports" / name
        files = hashes.below(folder) if status == RENDERED else []
        return status, message, notes, {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
