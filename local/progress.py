"""Says what goes on and for how long: moving bars on a terminal, plain lines elsewhere."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

PLAIN_LINE_EVERY_SECONDS = 10


@dataclass(slots=True)
class Step:
    """One thing that goes on; where its size is known, how far it is."""

    text: str
    progress: Progress | None
    console: Console
    task: TaskID | None = None
    began: float = field(default_factory=time.monotonic)
    said: float = field(default_factory=time.monotonic)
    failed: bool = False

    def reach(self, done: float, total: float, text: str = "") -> None:
        if self.progress is not None and self.task is not None:
            self.progress.update(self.task, completed=done, total=total, description=_described(self.text, text))
        elif time.monotonic() - self.said > PLAIN_LINE_EVERY_SECONDS:
            self.said = time.monotonic()
            self.console.print(f"  {_described(self.text, text)}: {done:,.0f} of {total:,.0f}")


@dataclass(slots=True)
class Steps:
    """Steps may overlap, from several threads."""

    console: Console
    progress: Progress | None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def step(self, text: str) -> Iterator[Step]:
        task = self.progress.add_task(text, total=None) if self.progress else None
        step = Step(text, self.progress, self.console, task)
        try:
            yield step
        except BaseException:
            step.failed = True
            raise
        finally:
            self._end(step)

    def _end(self, step: Step) -> None:
        taken = time.monotonic() - step.began
        mark = "[red]✗[/]" if step.failed else "[green]✓[/]"
        with self.lock:
            if self.progress is not None and step.task is not None:
                self.progress.remove_task(step.task)
            self.console.print(f"{mark} {step.text} [dim]{taken:.1f} s[/]")


@contextmanager
def steps(console: Console) -> Iterator[Steps]:
    if not console.is_terminal:
        yield Steps(console, None)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield Steps(console, progress)


def _described(text: str, detail: str) -> str:
    return f"{text}: {detail}" if detail else text
