"""Many reports at once: on the processors of this machine, each outcome told, none stopping another."""

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, field, fields
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pandas as pd

from sitrep import study
from sitrep.formats.export import write_csv
from sitrep.rerun import matrix, verify

#: How a report came out.
RENDERED, UP_TO_DATE, FAILED = "rendered", "up to date", "failed"


@dataclass(frozen=True)
class Outcome:
    """What became of one report: rendered, up to date (so that nothing was done) or failed; how long it took; and why it failed."""

    name: str
    status: str
    seconds: float
    message: str
    notes: tuple[str, ...] = field(default=(), compare=False)


Heard = Callable[[Outcome], None]
#: What renders reports of a project, telling each outcome as it comes.
Renderer = Callable[[Sequence[str], Path], Iterator[Outcome]]


def batch(
    files: Sequence[str],
    renderer: Renderer,
    root: Path | None = None,
    resume: bool = False,
    heard: Heard = lambda outcome: None,
) -> list[Outcome]:
    """Render every report that *files* describe (`matrix.plan`) and return their outcomes, in the order of the files.

    With *resume* a report that lies there complete, made from the present inputs by the present program, is left alone.
    *heard* is told each outcome as it comes.
    """
    top = study.find_root(root)
    planned = matrix.write(matrix.plan(files, top), top)
    outcomes: dict[str, Outcome] = {}

    def tell(outcome: Outcome) -> None:
        outcomes[outcome.name] = outcome
        heard(outcome)

    wanted = []
    for one in planned:
        if one.fault:
            tell(Outcome(one.name, FAILED, 0.0, one.fault))
        elif resume and verify.stale(one.name, top) is None:
            tell(Outcome(one.name, UP_TO_DATE, 0.0, ""))
        else:
            wanted.append(one.name)
    for outcome in renderer(wanted, top):
        tell(outcome)
    return [outcomes[one.name] for one in planned]


def default_workers() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def on_this_machine(workers: int) -> Renderer:
    """Return what renders in so many processes of this machine.

    Each process renders one report after another; what they need alike is worked out once (`sitrep.shared`). One that dies
    takes only the report in its hands with it, which has failed; another process takes its place.
    """

    def render(names: Sequence[str], top: Path) -> Iterator[Outcome]:
        waiting = deque(names)
        busy: dict[Connection, _Worker] = {}
        common = tempfile.TemporaryDirectory(prefix="sitrep-", ignore_cleanup_errors=True)
        try:
            for _ in range(min(workers, len(waiting))):
                worker = _Worker.start(top, Path(common.name))
                worker.give(waiting.popleft())
                busy[worker.pipe] = worker
            while busy:
                ready = set(wait(list(busy)))
                for pipe in [pipe for pipe in busy if pipe in ready]:
                    worker = busy.pop(pipe)
                    outcome = worker.outcome()
                    if waiting:
                        if not worker.alive:
                            worker = _Worker.start(top, Path(common.name))
                        worker.give(waiting.popleft())
                        busy[worker.pipe] = worker
                    else:
                        worker.stop()
                    yield outcome
        finally:
            for worker in busy.values():
                worker.kill()
            common.cleanup()

    return render


@dataclass
class _Worker:
    """A process that renders what it is given, and our end of the pipe to it."""

    process: BaseProcess
    pipe: Connection
    name: str = ""
    since: float = 0.0
    alive: bool = True

    @classmethod
    def start(cls, top: Path, common: Path) -> "_Worker":
        # a process made from nothing: forked from this one it would share its threads' locks
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, top, common))
        process.start()
        theirs.close()
        return cls(process, ours)

    def give(self, name: str) -> None:
        self.name, self.since = name, time.monotonic()
        with contextlib.suppress(OSError):  # it died; `outcome` tells
            self.pipe.send(name)

    def outcome(self) -> Outcome:
        """What came of the report in its hands."""
        try:
            status, message, notes = self.pipe.recv()
        except (EOFError, OSError):
            self.alive = False
            self.process.join()
            code = self.process.exitcode or 0
            how = f"killed by signal {-code}" if code < 0 else f"ended with code {code}"
            status, notes = FAILED, ()
            message = f"the process that rendered it was {how}; the previous report is untouched"
        return Outcome(self.name, status, round(time.monotonic() - self.since, 1), message, tuple(notes))

    def stop(self) -> None:
        self.pipe.close()
        self.process.join()

    def kill(self) -> None:
        self.pipe.close()
        self.process.terminate()
        self.process.join()


def _work(pipe: Connection, top: Path, common: Path) -> None:
    """Render the reports whose names come through the pipe, until it is closed; asked to end, tidy up first."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    while True:
        try:
            name = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        pipe.send(attempt(name, top, common))


def attempt(name: str, top: Path, common: Path | None = None) -> tuple[str, str, list[str]]:
    """Render one report; return how it came out, why not, and what its maker must know. *common*: see `run.render`."""
    from sitrep.render import run

    try:
        done = run.render(name, top, progress=False, shared=common)
    except Exception as error:
        return FAILED, " ".join(str(error).split()) or type(error).__name__, []
    return UP_TO_DATE if done.unchanged else RENDERED, "", list(done.messages)


# What a user sees


def table(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Return the outcomes as a frame: name, status, seconds, message."""
    names = [item.name for item in fields(Outcome) if item.name != "notes"]
    return pd.DataFrame([astuple(outcome)[: len(names)] for outcome in outcomes], columns=names)


def told(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as a table in text, and how many there are of each kind."""
    width = max([4, *(len(outcome.name) for outcome in outcomes)])
    lines = [f"{'name':{width}}  {'status':10}  {'seconds':>7}  message"]
    lines += [
        f"{outcome.name:{width}}  {outcome.status:10}  {outcome.seconds:7.1f}  {outcome.message}".rstrip()
        for outcome in outcomes
    ]
    return "\n".join([*lines, "", summary(outcomes)])


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return how many reports came out how: 3 rendered, 1 failed."""
    counts = dict.fromkeys((RENDERED, UP_TO_DATE, FAILED), 0) | Counter(outcome.status for outcome in outcomes)
    return ", ".join(f"{count} {status}" for status, count in counts.items() if count) or "no report"


def write_table(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write the outcomes as CSV."""
    write_csv(table(outcomes), path)


def notes(outcomes: Sequence[Outcome]) -> list[Any]:
    """Return what the makers of the reports must know, each thing once."""
    return list(dict.fromkeys(note for outcome in outcomes for note in outcome.notes))
