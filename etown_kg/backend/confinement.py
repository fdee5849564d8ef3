"""What a process that evaluates strangers' text is confined to, by the kernel.

Linux: https://man7.org/linux/man-pages/man2/setrlimit.2.html and ``prctl(2)``. Nothing here can
be undone by what a query does. A process that breaks a limit dies or gets an error; `cause`
tells from its exit status which limit it was.
"""

from __future__ import annotations

import ctypes
import gc
import math
import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from etown_kg.backend.limits import MIB, STACK_BYTES, Limits, Work, memory_over, time_over
from etown_kg.errors import LimitError

# Address space that is reserved and not used: a thread's arena and the allocator's segments.
_RESERVED_BYTES = 192 * MIB
# Descriptors of a query or update that may call others: sockets, name lookup, certificates.
_SERVICE_DESCRIPTORS = 64
_PR_SET_PDEATHSIG = 1
# A query may take so many seconds of processor time more than it has on the clock.
_PROCESSOR_SLACK_S = 3
# The limit of processor time that this process has set itself; a forked one sets its own.
_processor_s = 0


# Loaded before any fork: whoever is forked can open nothing later on.
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int) -> None:
    """Have this process killed when `parent`, which forked it, ends.

    Raises:
        OSError: the kernel knows no such wish.
    """
    if _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:  # it ended before the wish was heard
        os._exit(1)


def confine(limits: Limits) -> None:
    """Bound memory and core files for the rest of this process's life.

    The memory is counted from what the process has now, so that the graph it shares with its
    parent is not charged to a query.
    """
    used = _address_space_bytes()
    allowed = used + limits.memory_bytes + STACK_BYTES + _RESERVED_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Objects from before the fork are shared with the parent: a collection would copy them.
    gc.freeze()


def close_descriptors(limits: Limits) -> None:
    """Let no descriptor be opened: no file, no socket, whatever a query calls.

    A module that was not imported before cannot be either.
    """
    hard = _SERVICE_DESCRIPTORS if limits.services or limits.load_hosts else 0
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))


def open_descriptors() -> None:
    """Let the few be opened that a permitted call needs."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (_SERVICE_DESCRIPTORS, _SERVICE_DESCRIPTORS))


def set_alarm(seconds: float) -> None:
    """Die by SIGALRM after so many seconds, or of as many seconds of processor time (SIGXCPU).

    The default action of the signal ends the process wherever it is; Python is not asked.
    """
    global _processor_s
    used = time.process_time()
    # Setting this limit takes three system calls, so it is left as it is when it fits.
    if not used + seconds + 1 <= _processor_s <= used + seconds + _PROCESSOR_SLACK_S:
        _processor_s = math.ceil(used + seconds) + 2
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (_processor_s, hard))
    # Zero would clear the timer instead of firing it.
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3))


def clear_alarm() -> None:
    """Go on without the alarm."""
    signal.setitimer(signal.ITIMER_REAL, 0)


def default_signals() -> None:
    """The signals as a fresh process has them, but for Ctrl-C, which is the parent's affair."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGALRM, signal.SIGXCPU, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_with_deep_stack(task: Callable[[], None]) -> None:
    """Run a task to its end in a thread whose stack holds what `check_text` lets through."""
    ordinary = threading.stack_size(STACK_BYTES)

    def run() -> None:
        threading.stack_size(ordinary)  # of such a size the limit of memory has room for one
        task()

    thread = threading.Thread(target=run, name="evaluation")
    thread.start()
    thread.join()


def cause(status: int, limits: Limits, limit_s: float, work: Work = "query") -> LimitError | None:
    """The limit that a process with this exit status (`os.waitpid`) died of; None for none."""
    if not os.WIFSIGNALED(status):
        return None
    match os.WTERMSIG(status):
        case signal.SIGALRM | signal.SIGXCPU:
            return time_over(limit_s, work)
        case signal.SIGABRT | signal.SIGKILL:
            # The engine's allocator aborts when it gets no memory; the kernel's killer kills.
            return memory_over(limits.memory_bytes, work)
        case signal.SIGSEGV | signal.SIGBUS:
            return LimitError(
                f"{work} stack of {STACK_BYTES // MIB} MiB",
                f"the {work} was stopped",
                hint="write it flatter: shorter chains of operators, fewer UNIONs in a row",
            )
    return None


def _address_space_bytes() -> int:
    """The size of this process's address space."""
    return int(Path("/proc/self/statm").read_bytes().split()[0]) * resource.getpagesize()
