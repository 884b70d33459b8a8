"""Started as a program in front of Postgres: give up root, tie its life to the parent's, become Postgres.

A program of its own because code run between fork and exec of a threaded process may deadlock, and
because the kernel forgets the tie when credentials change: it must be made last.
Usage: ``python -I -S launch.py PARENT_PID UID GID PROGRAM ARGUMENTS…`` (UID -1 = stay who we are).
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Never returns: the process becomes PROGRAM, or ends because its parent has died meanwhile."""
    parent, uid, gid = (int(word) for word in arguments[:3])
    tie = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if tie is not None and parent > 0:
        tie(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:
            sys.exit(1)
    os.execv(arguments[3], arguments[3:])  # noqa: S606 - that is the point


if __name__ == "__main__":
    main(sys.argv[1:])
