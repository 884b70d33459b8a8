"""The word before a long run: how far is within a tenth of what was run lately."""

from datetime import date

from service.domain.athlete import Units
from service.domain.course import LongRun
from service.domain.message import Message
from service.domain.night import MailKind
from service.notify import days, phrases, quantity
from service.notify.letter import Letter, Link, Paragraph, Points, Section, Step
from service.notify.message import Links, finished

STUDY = (
    "Among 5,205 runners, runs more than a tenth longer than the longest of the 30 days before were followed "
    "by an overuse injury about one and a half times as often; most ended without any. How it will be for "
    "you nobody knows."
)
SOURCE = "Frandsen 2025, British Journal of Sports Medicine, on the longest run of 30 days."


def long_run(planned: LongRun, *, night: date, links: Links, units: Units = Units.METRIC) -> Message:
    """Says on the morning of ``night`` what tomorrow's usual long run would be beside the last 30 days."""
    ceiling = quantity.distance(planned.ceiling_m, units)
    letter = Letter(
        subject="Tomorrow's long run: a little shorter than usual",
        headline="Tomorrow’s long run: a little shorter than usual.",
        opening=sentence(planned, units),
        sections=(
            Section(
                "One thing to do",
                (
                    Step(
                        f"Stay within {ceiling}",
                        days.placed(planned.day, planned.day, night),
                        "Slow, and without a plan for the pace. The next one may be a tenth longer again; "
                        "after a few weeks you are where you were.",
                    ),
                ),
                "lead",
            ),
            Section(
                "How sure we are",
                (
                    Paragraph(STUDY),
                    Paragraph("What we could not see:"),
                    Points(
                        (
                            "What you have in mind for tomorrow. If it is something else, forget this.",
                            "Long days on your feet that were not recorded.",
                        )
                    ),
                ),
            ),
            Section("Where this comes from", (Points((SOURCE,)),), "fine"),
        ),
        footer=(
            Paragraph(phrases.NOT_ADVICE),
            Paragraph("", (Link("Your page", links.status_url),)),
            Paragraph("", (Link("No more mails before long runs", links.unsubscribe_url),)),
        ),
    )
    return finished(MailKind.LONG_RUN, night, letter, links.unsubscribe_url)


def sentence(planned: LongRun, units: Units) -> str:
    """The usual long run beside what a tenth more than the last 30 days allows."""
    weekday = days.WEEKDAYS[planned.day.weekday()]
    usual, ceiling = (quantity.distance(metres, units) for metres in (planned.usual_m, planned.ceiling_m))
    return (
        f"On a {weekday} you usually run long: {usual} in the middle of the last weeks. "
        f"A tenth beyond your longest run of the last 30 days is {ceiling}."
    )
