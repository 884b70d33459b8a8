"""The check-in mail: why today, four taps, and nothing more."""

from datetime import date

from service.domain.athlete import Units
from service.domain.finding import Evidence
from service.domain.message import Message
from service.domain.night import MailKind
from service.notify.letter import Letter, Link, Paragraph, Section
from service.notify.message import Links, finished
from service.notify.warning import legs, observed, session_link


def question(reason: Evidence, *, night: date, links: Links, units: Units = Units.METRIC) -> Message:
    """Asks how the legs are on the morning of ``night``, because of what the day before was.

    Raises ``ValueError`` without a link to the check-in.
    """
    if links.checkin_url is None:
        raise ValueError("a question without a way to answer it is none: give links.checkin_url")
    session = session_link(reason)
    letter = Letter(
        subject="How are the legs this morning?",
        headline="How are the legs this morning?",
        opening=observed(reason, units),
        sections=(
            Section(
                "One tap",
                (
                    legs(links.checkin_url),
                    Paragraph(
                        "The page behind it keeps your answer when you press its button: mail programs open "
                        "links by themselves, and they have no legs. There are a few more questions on it, "
                        "if you have twenty seconds."
                    ),
                ),
                "lead",
            ),
            Section(
                "Why we ask",
                (
                    Paragraph(
                        "What you feel on the morning after says more than anything we can compute. Together "
                        "with your training it decides whether a warning is worth writing."
                    ),
                    Paragraph(
                        "We ask after harder days only, at most three times a week, and not again while a "
                        "question is unanswered."
                    ),
                    *((Paragraph("Yesterday’s session:", (session,)),) if session else ()),
                ),
            ),
        ),
        footer=(
            Paragraph("", (Link("Your page", links.status_url),)),
            Paragraph("", (Link("Stop these questions", links.unsubscribe_url),)),
        ),
    )
    return finished(MailKind.CHECK_IN, night, letter, links.unsubscribe_url)
