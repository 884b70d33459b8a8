"""A letter as plain text, complete by itself: at most 76 characters a line, links on lines of their own."""

import textwrap

from service.notify.letter import (
    Block,
    Button,
    Chart,
    Choices,
    Letter,
    Link,
    Measure,
    Paragraph,
    Points,
    Section,
    Series,
    Step,
    Table,
)

WIDTH = 76
RULE = "-" * 40


def text(letter: Letter) -> str:
    """The letter from headline to small print."""
    parts = [_wrapped(letter.headline), _wrapped(letter.opening)]
    parts += [_section(section) for section in letter.sections]
    parts += [RULE, *(_paragraph(line) for line in letter.footer)]
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> str:
    return "\n\n".join([_wrapped(section.title.upper()), *(_block(block) for block in section.blocks)])


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _paragraph(block)
        case Points(points):
            return "\n".join(_wrapped(point, first="- ", rest="  ") for point in points)
        case Measure():
            return _measure(block)
        case Step(title, when, what):
            return "\n".join([_wrapped(f"{title} ({when})"), _wrapped(what, first="  ", rest="  ")])
        case Table():
            return "\n".join(_row(block.head, row) for row in block.rows)
        case Series(summary, lines=lines):
            return "\n".join([_wrapped(summary), *(f"  {line}" for line in lines)])
        case Button(link):
            return _link(link)
        case Choices(links):
            return "\n".join(_link(link) for link in links)
        case Chart(caption):
            return _wrapped(caption)


def _paragraph(block: Paragraph) -> str:
    said = [_wrapped(block.text)] if block.text else []
    return "\n".join([*said, *(_link(link) for link in block.links)])


def _measure(block: Measure) -> str:
    usual = f"; {block.against}: {block.usual}" if block.usual else ""
    lines = [_wrapped(f"{block.label}: {block.value}{usual}. {block.days}.")]
    if block.link:
        lines.append(f"  {_link(block.link)}")
    return "\n".join(lines)


def _row(head: tuple[str, ...], row: tuple[str, ...]) -> str:
    """``Squat: sets 2–3, repetitions 8–12``: read aloud, a row says more than a column."""
    cells = ", ".join(f"{name.lower()} {cell}" for name, cell in zip(head[1:], row[1:], strict=True))
    return _wrapped(f"{row[0]}: {cells}", first="- ", rest="  ")


def _link(link: Link) -> str:
    return f"{link.text}: {link.url}"


def _wrapped(sentence: str, first: str = "", rest: str = "") -> str:
    if sentence and len(first) + len(sentence) <= WIDTH and sentence.isprintable():
        return first + sentence.strip()  # most lines are short, and textwrap takes its time with each
    return textwrap.fill(
        sentence,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
