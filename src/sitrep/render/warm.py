"""Warm kernels: forked from a process that has imported the libraries, so that a notebook starts at once.

`WarmProvisioner` is a Jupyter kernel provisioner (entry point ``sitrep-warm``). The first kernel of a process starts a
server, a child of its own; every kernel is then a fork of that server, made before it ran a line of any notebook. So
kernels share what importing a library gives and nothing else: no variable, no random state, no environment, no folder.
The server has one thread, which is what makes forking it safe, and ends with the process that started it.

Where a process cannot be forked safely (anything but Linux), where the server does not start, or with the environment
variable ``SITREP_KERNELS=fresh``, a kernel is started from nothing instead; it computes the same bytes.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import itertools
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from sitrep.render.kernels import ONE_THREAD, PREFIX, run

#: What the notebooks import, imported once. None of it starts a thread or opens a file that stays open.
LIBRARIES = (
    "IPython.core.completerlib",
    "IPython.extensions.storemagic",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "matplotlib.pyplot",
    "pandas",
    "scipy.optimize",
    "scipy.stats",
    "seaborn",
    "sitrep.charts.escalation",
    "sitrep.charts.frequency",
    "sitrep.charts.incidents",
    "sitrep.examine",
    "sitrep.listing",
    "sitrep.narrative",
)

#: Variables that a library reads when it is imported; with other values another server is started.
READ_ON_IMPORT = (
    "PYTHON",
    "LC_",
    "LANG",
    "LD_",
    "DYLD_",
    "OMP_",
    "OPENBLAS_",
    "MKL_",
    "MPL",
    "XDG_",
    "IPYTHON",
    "HOME",
)

#: Seconds to wait for a server that imports the libraries, or for one that ends.
PATIENCE = 120.0

_HEADER = struct.Struct("!I")


class UnavailableError(RuntimeError):
    """No kernel could be forked; one is to be started from nothing."""


# The process that wants kernels


class Forked:
    """A forked kernel, with what `LocalProvisioner` asks of a `subprocess.Popen`; it is not our child but the server's."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, line: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._line = line

    def poll(self) -> int | None:
        """Return the exit status (minus the signal that killed it), or None while it runs."""
        return self._listen(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status when it has ended."""
        while (status := self._listen(timeout)) is None:
            if timeout is not None:
                raise subprocess.TimeoutExpired("forked kernel", timeout)
        return status

    def _listen(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._line], [], [], timeout)[0]:
            said = self._line.recv(64)
            # a line that ends without a word: the server was killed, and it takes its kernels along
            self.returncode = int(said) if said else -signal.SIGKILL
            self._line.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the process, if it still runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Server:
    """The client's side of a fork server."""

    def __init__(self, env: Mapping[str, str], libraries: Sequence[str]) -> None:
        self.owner = os.getpid()
        self._lock = threading.Lock()
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                # -P: not with the project's folder before the libraries, as in a fresh kernel
                [sys.executable, "-P", "-m", __name__, str(theirs.fileno()), *libraries],
                pass_fds=[theirs.fileno()],
                env=dict(env) | ONE_THREAD,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # what cannot be imported is told by the notebook that imports it
                start_new_session=True,
            )

    def fork(self, arguments: Sequence[str], env: Mapping[str, str], cwd: str, outputs: tuple[int, int]) -> Forked:
        """Return a new kernel started with *arguments*; *outputs* are the descriptors of its stdout and stderr."""
        mine, theirs = socket.socketpair()
        mine.settimeout(PATIENCE)
        job = json.dumps({"arguments": list(arguments), "env": dict(env), "cwd": cwd}).encode()
        try:
            with theirs, self._lock:
                socket.send_fds(self._line, [_HEADER.pack(len(job))], [theirs.fileno(), *outputs])
                self._line.sendall(job)
            said = mine.recv(1024).decode()
        except OSError as error:
            mine.close()
            raise UnavailableError(str(error)) from None
        mine.settimeout(None)
        if not said.isdecimal():
            mine.close()
            raise UnavailableError(said or "the server ended")
        return Forked(int(said), mine)

    @property
    def alive(self) -> bool:
        """Whether it can fork kernels for this very process."""
        return self.owner == os.getpid() and self._process.poll() is None

    @property
    def failed(self) -> bool:
        """Whether it ended by itself, with an error: another would, too."""
        return self.owner == os.getpid() and (self._process.poll() or 0) > 0

    def retire(self) -> None:
        """Let it end when its last kernel has."""
        with contextlib.suppress(OSError):
            self._line.sendall(_HEADER.pack(0))

    def close(self) -> None:
        """End it now, with whatever it still runs."""
        self._line.close()
        if self.owner == os.getpid():
            self._process.terminate()  # heard only while it imports; later it sees that the line is closed
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


@dataclass
class Servers:
    """The servers of this process: the one in use and those whose kernels have not all ended."""

    libraries: Sequence[str] = LIBRARIES
    current: Server | None = None
    made_for: tuple[Any, ...] = ()
    retired: list[Server] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, env: Mapping[str, str]) -> Server:
        """Return a server whose libraries were imported from today's code, under the settings in *env*."""
        wanted = (_settings(env), _code())
        with self.lock:
            self.retired = [server for server in self.retired if server.alive]
            if self.made_for == wanted and self.current is not None and self.current.failed:
                raise UnavailableError("the libraries cannot be imported")
            if self.current is None or not self.current.alive or self.made_for != wanted:
                if self.current is not None and self.current.alive:
                    self.current.retire()
                    self.retired.append(self.current)
                self.current, self.made_for = Server(env, self.libraries), wanted
            return self.current

    def close(self) -> None:
        """End all of them."""
        with self.lock:
            for server in [*self.retired, *([self.current] if self.current else [])]:
                server.close()
            self.current, self.retired = None, []


_servers = Servers()
atexit.register(_servers.close)


def start(env: Mapping[str, str] | None = None) -> None:
    """Let a server begin to import its libraries, so that the first kernel need not wait; nothing where none can be."""
    if available():
        with contextlib.suppress(OSError, UnavailableError):
            _servers.get(os.environ if env is None else env)


def close() -> None:
    """End the servers of this process; the next kernel starts another."""
    _servers.close()


def available() -> bool:
    """Whether kernels can be forked here."""
    return sys.platform == "linux" and os.environ.get("SITREP_KERNELS") != "fresh"


def _settings(env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in env.items() if name.startswith(READ_ON_IMPORT)))


def _code() -> tuple[tuple[str, int, int], ...]:
    """The package's files as they are: a server that has imported others is of no use."""
    package = Path(__file__).parents[1]
    files = ((path, path.stat()) for path in sorted(package.rglob("*.py")))
    return tuple((str(path), state.st_mtime_ns, state.st_size) for path, state in files)


class WarmProvisioner(LocalProvisioner):
    """Starts kernels by forking a warm server, or from nothing where that cannot be."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start a kernel as *cmd* (``python -P -m sitrep.render.kernels -f FILE …``) says."""
        kernel = self._fork(cmd, kwargs) if available() else None
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = kernel  # type: ignore[assignment]
        self.pid = self.pgid = kernel.pid  # it leads a session of its own
        self.cwd = kwargs.get("cwd") or os.getcwd()  # noqa: PTH109
        return self.connection_info

    def _fork(self, cmd: list[str], kwargs: Mapping[str, Any]) -> Forked | None:
        try:
            outputs = tuple(_descriptor(kwargs.get(name), default) for name, default in (("stdout", 1), ("stderr", 2)))
            env = kwargs.get("env") or dict(os.environ)
            arguments = cmd[cmd.index("-m") + 2 :]
            cwd = os.fspath(kwargs.get("cwd") or os.getcwd())  # noqa: PTH109
            return _servers.get(env).fork(arguments, env, cwd, outputs)  # type: ignore[arg-type]
        except (UnavailableError, ValueError, OSError) as error:
            self.log.debug("No kernel could be forked (%s); one is started from nothing.", error)
            return None


def _descriptor(stream: Any, default: int) -> int:
    """The descriptor of a stream as `subprocess.Popen` takes it; ValueError for what needs a pipe."""
    if stream is None:
        return default
    number = stream if isinstance(stream, int) else stream.fileno()
    if number < 0:
        raise ValueError("a kernel that is forked writes to no pipe")
    return int(number)


# The server


def serve(line: socket.socket) -> list[str] | None:
    """Fork a kernel for each job that comes in; return None when the client has gone or wants no more.

    In each fork it returns the arguments of the kernel to be; so the caller goes on as a fresh kernel would.
    """
    kernels: dict[int, tuple[socket.socket, str]] = {}
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    wanted = True
    while wanted or kernels:
        ready = select.select([line.fileno(), woken], [], [])[0]
        if woken in ready:
            os.read(woken, 4096)
            _reap(kernels)
        if line.fileno() not in ready:
            continue
        job = _receive(line)
        if job is None:
            _end(kernels)
            return None
        if not job:
            wanted = False
            continue
        descriptors: list[int] = job.pop("descriptors")
        with socket.socket(fileno=descriptors[0]) as theirs:
            if (threads := len(os.listdir("/proc/self/task"))) > 1:  # noqa: PTH208
                theirs.sendall(f"the server has {threads} threads".encode())
                pid = -1
            else:
                pid = os.fork()
                if pid == 0:
                    return _become(
                        job, theirs, descriptors, [line, *(kept for kept, _ in kernels.values())], (woken, wake)
                    )
                kernels[pid] = (theirs.dup(), _folder(job["arguments"]))
        for descriptor in descriptors[1:]:
            os.close(descriptor)
    return None


def _receive(line: socket.socket) -> dict[str, Any] | None:
    """The next job with its descriptors; {} where no more will come, None where the client has gone."""
    try:
        header, descriptors, _, _ = socket.recv_fds(line, _HEADER.size, 3)
        if not header:
            return None
        length = _HEADER.unpack(header)[0]
        if not length:
            return {}
        text = b""
        while len(text) < length:
            if not (more := line.recv(length - len(text))):
                return None
            text += more
    except (OSError, struct.error):
        return None
    return json.loads(text) | {"descriptors": descriptors}


def _become(
    job: Mapping[str, Any],
    theirs: socket.socket,
    descriptors: Sequence[int],
    lines: Sequence[socket.socket],
    pipe: tuple[int, int],
) -> list[str]:
    """In the fork: let go of all that is the server's, take what is the kernel's."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for end in pipe:
        os.close(end)
    for other in lines:
        other.close()
    os.setsid()
    for number, descriptor in zip((1, 2), descriptors[1:], strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(job["env"] | ONE_THREAD | {"JPY_PARENT_PID": str(os.getppid())})
    time.tzset()
    tempfile.tempdir = None  # to be found anew, from the environment
    import numpy as np

    np.random.seed()  # noqa: NPY002  # numpy's own generator would be the same in all forks; Python's renews itself
    try:
        os.chdir(job["cwd"])
    except OSError as error:
        theirs.sendall(f"{job['cwd']}: {error.strerror}".encode())
        os._exit(1)
    theirs.sendall(str(os.getpid()).encode())
    return list(job["arguments"])


def _reap(kernels: dict[int, tuple[socket.socket, str]]) -> None:
    """Tell of every kernel that has ended how it ended."""
    while kernels:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        line, _ = kernels.pop(pid)
        with line, contextlib.suppress(OSError):
            line.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def _end(kernels: Mapping[int, tuple[socket.socket, str]]) -> None:
    """The client has gone, perhaps killed: end its kernels and remove the folders of their sockets."""
    for pid, (_, folder) in kernels.items():
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError):
                kill(pid, signal.SIGKILL)
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _folder(arguments: Sequence[str]) -> str:
    """The private folder of a kernel's sockets; empty where it has none of ours."""
    file = Path(next((after for given, after in itertools.pairwise(arguments) if given == "-f"), ""))
    return str(file.parent) if file.parent.name.startswith(PREFIX) else ""


def main() -> None:
    """Import, then fork kernels until the client goes; in each fork, be a kernel."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = socket.socket(fileno=int(sys.argv[1]))
    line.set_inheritable(False)
    # what the kernel sets before a notebook imports matplotlib
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    import importlib

    for library in sys.argv[2:]:
        importlib.import_module(library)
    gc.collect()
    gc.freeze()  # what is there stays shared between all forks
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    arguments = serve(line)
    if arguments is None:
        os._exit(0)  # all is imported and nothing begun: there is nothing to tidy
    sys.argv[1:] = arguments
    atexit.register(gc.unfreeze)
    run()


if __name__ == "__main__":
    main()
