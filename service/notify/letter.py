"""What a mail says, before it is set as text or HTML. Both come from the same blocks: neither says less."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Link:
    """A link with the words it hangs on."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain sentences, then links."""

    text: str
    links: tuple[Link, ...] = ()
    kind: ClassVar[str] = "paragraph"


@dataclass(frozen=True, slots=True)
class Points:
    """A short list."""

    points: tuple[str, ...]
    kind: ClassVar[str] = "points"


@dataclass(frozen=True, slots=True)
class Measure:
    """One observed value beside the usual one (``against`` says which). ``share`` and ``usual_share`` (0..1)
    are the lengths of the two bars; ``None`` where a bar would mislead (no baseline, or a difference)."""

    label: str
    value: str
    usual: str | None
    against: str
    days: str
    share: float | None = None
    usual_share: float | None = None
    link: Link | None = None
    kind: ClassVar[str] = "measure"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, with its days."""

    title: str
    when: str
    text: str
    kind: ClassVar[str] = "step"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; the first cell of a row names it."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: ClassVar[str] = "table"


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a series; ``share`` (0..1) of the highest, ``None`` where nothing was observed."""

    share: float | None
    recent: bool


@dataclass(frozen=True, slots=True)
class Series:
    """Bars side by side; ``summary`` says them in a sentence, ``lines`` in figures, week by week."""

    summary: str
    first: str
    last: str
    bars: tuple[Bar, ...]
    lines: tuple[str, ...]
    kind: ClassVar[str] = "series"


@dataclass(frozen=True, slots=True)
class Button:
    """The one tap."""

    link: Link
    kind: ClassVar[str] = "button"


@dataclass(frozen=True, slots=True)
class Choices:
    """One tap among a few, side by side; each leads to a page that asks once more."""

    links: tuple[Link, ...]
    kind: ClassVar[str] = "choices"


@dataclass(frozen=True, slots=True)
class Chart:
    """The picture that travels with the mail; ``caption`` says the same for who does not see it."""

    caption: str
    alt: str
    kind: ClassVar[str] = "chart"


Block = Paragraph | Points | Measure | Step | Table | Series | Button | Choices | Chart


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a title. ``tone``: "plain", "lead" (what to do), "urgent" (when to get help), "fine"."""

    title: str
    blocks: tuple[Block, ...]
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole mail. ``opening`` follows the headline; ``footer`` is small print."""

    subject: str
    headline: str
    opening: str
    sections: tuple[Section, ...]
    footer: tuple[Paragraph, ...]
