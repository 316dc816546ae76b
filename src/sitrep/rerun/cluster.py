"""The same batch on a Dask cluster: inputs go there by content hash, reports come back as bytes.

A worker shares no folder with us. What a report is made from is sent as bytes, each file once however many reports read
it, named by its hash, and checked against it on arrival. The worker builds a project's folder from them, renders, and
returns the report's files; they are checked against the report's manifest and put in place here, in one step. A worker that
dies costs time only: the scheduler gives its reports, and the inputs it held, to another. Everyone who can reach the
scheduler can run programs on the workers: use one that only you can reach, or ``tls://``.
"""

import json
import logging
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sitrep import hashes
from sitrep.render import manifest
from sitrep.render.lock import held
from sitrep.rerun import bundle, remote
from sitrep.rerun.batch import FAILED, RENDERED, Outcome, Renderer

#: How often a report may be begun anew after the worker in charge died.
RETRIES = 3
#: Seconds to find the scheduler.
PATIENCE = 20


def on_cluster(address: str) -> Renderer:
    """Return what renders on the workers of the Dask scheduler at *address*, such as ``tcp://127.0.0.1:8786``.

    Raises RuntimeError where dask.distributed is not installed or no scheduler answers.
    """

    def render(names: Sequence[str], top: Path) -> Iterator[Outcome]:
        if not names:
            return
        with _client(address) as client:
            started = time.monotonic()
            futures, failed = _submit(client, names, top)
            yield from failed
            for future in _as_completed(list(futures)):
                name = futures[future]
                status, message, notes, files = _result(future)
                if status == RENDERED:
                    status, message = _take(name, top, files)
                future.release()
                yield Outcome(name, status, round(time.monotonic() - started, 1), message, tuple(notes))

    return render


def _client(address: str) -> Any:
    try:
        import distributed
    except ImportError:
        raise RuntimeError(
            "--scheduler needs dask.distributed, which is not installed: pip install 'sitrep[dask]'"
        ) from None
    logging.getLogger("distributed").setLevel(logging.ERROR)
    try:
        return distributed.Client(address, timeout=PATIENCE, name="sitrep")
    except (OSError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise RuntimeError(f"--scheduler {address}: no scheduler answers there: {reason}") from None


def _as_completed(futures: list[Any]) -> Iterator[Any]:
    from distributed import as_completed

    yield from as_completed(futures)


def _submit(client: Any, names: Sequence[str], top: Path) -> tuple[dict[Any, str], list[Outcome]]:
    """Send the inputs and the reports that read them; return the reports' futures, and those that cannot be sent."""
    inputs: dict[str, Any] = {}
    futures: dict[Any, str] = {}
    failed = []
    code = manifest.code()
    for name in names:
        try:
            contents = {path: (top / path).read_bytes() for path in bundle.files(top, name)}
        except (OSError, ValueError) as error:
            failed.append(Outcome(name, FAILED, 0.0, " ".join(str(error).split())))
            continue
        wanted = {path: hashes.of(content) for path, content in contents.items()}
        for path, digest in wanted.items():
            if digest not in inputs:
                # a task and no scattered value: what a task gave can be had again when its holder dies
                inputs[digest] = client.submit(remote.itself, contents[path], key=f"sitrep-input-{digest}")
        held = {digest: inputs[digest] for digest in set(wanted.values())}
        future = client.submit(remote.render, name, wanted, held, code, pure=False, retries=RETRIES)
        futures[future] = name
    return futures, failed


def _result(future: Any) -> remote.Answer:
    """What a worker answered, or why none did."""
    try:
        answer: remote.Answer = future.result()
    except Exception as error:  # whatever the cluster may raise: a worker killed too often, a scheduler lost
        return FAILED, f"the cluster gave it up: {type(error).__name__}: {' '.join(str(error).split())}", [], {}
    return answer


def _take(name: str, top: Path, files: Mapping[str, bytes]) -> tuple[str, str]:
    """Check the files of a report against its manifest, and put them in place of the report that is there."""
    from sitrep.render import run

    try:
        made = json.loads(files["manifest.json"])
        arrived = {path: hashes.of(content) for path, content in files.items() if path != "manifest.json"}
        if made["report"] != name or made["outputs"] != arrived:
            return FAILED, "arrived damaged: not the files that its manifest names"
        reports = top / "reports"
        with (
            held(reports / f".{name}.lock", f"reports/{name}"),
            tempfile.TemporaryDirectory(prefix=f".{name}.", dir=reports) as work,
        ):
            built = Path(work) / name
            bundle.write(files, built)
            run.put_in_place(built, reports / name)
    except (KeyError, TypeError, ValueError) as error:
        return FAILED, f"arrived damaged: {error}"
    except (OSError, RuntimeError) as error:
        return FAILED, str(error)
    return RENDERED, ""
