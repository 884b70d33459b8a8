"""A warning with its chart, from verdict to bytes, beside the usual stack: a pyplot figure, premailer, and
``email.message``."""

import importlib.util
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from statistics import median

from service.advise.choose import advise
from service.domain.athlete import Units
from service.domain.course import Day
from service.domain.history import Profile
from service.domain.message import Message
from service.notify import message
from service.notify.chart import Picture, picture
from service.notify.mime import envelope
from service.notify.page import TEMPLATES
from tests.bench.timing import cpu_s
from tests.notify.samples import COURSE, LINKS, shipped, spike
from tests.verdicts import assessment

NOW = datetime(2026, 3, 2, 4, 31, tzinfo=UTC)
OURS, THEIRS = 60, 6
PROMISED = 25
NEEDED = ("matplotlib", "premailer")


def bench() -> Iterator[str]:
    """Processor time a mail, both sides in this run, by turns: the median of each."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        yield f"SKIPPED: {' and '.join(missing)} not installed (`make test` does it)"
        return
    _ours()  # fonts, templates and imports are paid once by both
    css = (TEMPLATES / "mail.css").read_text(encoding="utf-8")
    usual = _usual_stack(css)
    usual()
    fast, slow = list[float](), list[float]()
    for _ in range(THEIRS):
        slow.append(cpu_s(usual))
        fast += [cpu_s(_ours) for _ in range(OURS // THEIRS)]
    ratio = median(slow) / median(fast)
    yield (
        f"ratio {ratio:.0f}x ours {1000 * median(fast):.1f} ms pyplot+premailer {1000 * median(slow):.0f} ms "
        f"(promised >= {PROMISED}x{'' if ratio >= PROMISED else ', NOT KEPT'})"
    )


def _ours() -> bytes:
    """From the verdict on: advice, chart, text, HTML, MIME."""
    mail = _written(picture(COURSE))
    packing = {"sender": "freshlegs <a@a.test>", "recipient": "b@b.test", "message_id": "<1@a.test>"}
    return envelope(mail, now=NOW, **packing).content


def _written(chart: Picture | None) -> Message:
    tonight = assessment(spike())
    advice = advise(tonight, shipped(), profile=Profile(birth_year=1985))
    return message.warning(
        tonight,
        advice,
        links=LINKS,
        units=Units.METRIC,
        loads=[(day.date, day.load) for day in COURSE[-28:]],
        picture=chart,
    )


def _usual_stack(css: str) -> Callable[[], bytes]:
    """The same figure, the same words and the same HTML, with the same stylesheet inlined."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot
    from premailer import transform

    def figure(course: Sequence[Day]) -> bytes:
        drawing, axes = pyplot.subplots(figsize=(6, 2.4), dpi=200)
        axes.bar([day.date for day in course], [day.load or 0 for day in course])
        axes.plot([day.date for day in course], [day.fitness or 0 for day in course])
        axes.grid(axis="y")
        packed = io.BytesIO()
        drawing.savefig(packed, format="png")
        pyplot.close(drawing)
        return packed.getvalue()

    def usual() -> bytes:
        mail, png = _written(None), figure(COURSE)
        html = transform(
            mail.html.replace("</head>", f"<style>{css}</style></head>"), disable_validation=True
        )
        packed = EmailMessage()
        packed["From"], packed["To"], packed["Subject"] = "a@a.test", "b@b.test", mail.subject
        packed.set_content(mail.text)
        packed.add_alternative(html, subtype="html")
        packed.get_payload()[1].add_related(png, "image", "png", cid="<chart@a.test>")
        return packed.as_bytes()

    return usual
