"""The processes of a drill: started in an instant, killed, stopped, frozen, and none left at the end."""

import atexit
import multiprocessing
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.drills.process import Body, run_role, start

STOPS_WITHIN_S = 15.0
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.drills.process"])
"""The imports take seconds; done once, a killed process is replaced within a quarter of one."""


def _dismiss() -> None:
    """End what serves the forks before the command returns: both would outlive it by a second."""
    forkserver._forkserver._stop()
    resource_tracker._resource_tracker._stop()


atexit.register(_dismiss)


@dataclass
class Member:
    """One process and what it runs. ``pid`` changes with every replacement."""

    role: str
    process: ForkServerProcess

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.is_alive()


@dataclass
class Crew:
    """Everybody who was started. ``restarts`` counts replacements that nobody had asked for."""

    clock: Path
    environment: Mapping[str, str]
    home: Path
    members: list[Member] = field(default_factory=list)
    restarts: int = 0

    def start(self, role: str, body: Body = run_role, argument: str = "") -> Member:
        """A new process; ``argument`` is the role unless given."""
        member = Member(role, self._spawn(body, argument or role))
        self.members.append(member)
        return member

    def kill(self, member: Member, number: int = signal.SIGKILL) -> None:
        """kill −9, at once and without asking; returns when the process is gone."""
        os.kill(member.pid, number)
        member.process.join(STOPS_WITHIN_S)

    def replace(self, member: Member) -> None:
        """Another process in the place of one that has ended."""
        member.process.close()
        member.process = self._spawn(run_role, member.role)

    def of(self, *roles: str) -> list[Member]:
        return [member for member in self.members if member.role in roles]

    def supervise(self) -> None:
        """Do by hand what should not be needed: replace who has ended without being told to."""
        for member in self.members:
            if not member.alive:
                self.restarts += 1
                self.replace(member)

    def stop(self, *members: Member) -> None:
        """Ask ``members`` (all, if none is named) to end, and kill who does not."""
        leaving = list(members) or list(self.members)
        for member in leaving:
            if member.alive:
                os.kill(member.pid, signal.SIGCONT)
                member.process.terminate()
        for member in leaving:
            member.process.join(STOPS_WITHIN_S)
            if member.alive:
                member.process.kill()
                member.process.join(STOPS_WITHIN_S)
            member.process.close()
            self.members.remove(member)

    def disband(self) -> None:
        """The end: nobody is asked."""
        for member in self.members:
            if member.alive:
                member.process.kill()
            member.process.join(STOPS_WITHIN_S)
        self.members.clear()

    def _spawn(self, body: Body, argument: str) -> ForkServerProcess:
        process = CONTEXT.Process(
            target=start, args=(body, argument, self.clock, dict(self.environment), self.home)
        )
        process.start()
        return process
