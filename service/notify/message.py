"""Every mail freshlegs writes, each as a complete triple of subject, text and HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from service.domain.advice import Advice
from service.domain.athlete import Units
from service.domain.finding import Assessment
from service.domain.message import Message
from service.domain.night import MailKind
from service.notify import days, page, phrases, plain
from service.notify import warning as sections_of
from service.notify.chart import Picture
from service.notify.letter import Button, Letter, Link, Paragraph, Points, Section
from service.notify.warning import DayLoad, Told

USUAL_WINDOW = timedelta(days=2)
"""How long after the night heavy legs may last where the finding names no day (soreness: 24–72 h)."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where the links of one athlete's mails lead; a link that is ``None`` is left out."""

    status_url: str
    unsubscribe_url: str
    checkin_url: str | None = None
    mute_url: str | None = None
    reply_url: str | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """Counts of an import: sessions read, of them new and known before; files or rows left out."""

    read: int
    new: int
    known: int
    refused: int


def warning(
    assessment: Assessment,
    advice: Advice | None,
    *,
    links: Links,
    units: Units = Units.METRIC,
    loads: Sequence[DayLoad] = (),
    measured: str | None = None,
    picture: Picture | None = None,
) -> Message:
    """The mail about the night's leading finding.

    ``loads`` are the days before the night, oldest first (28 make a good picture; none, no picture).
    ``picture`` shows the weeks before; it is for claims about a trend, and nothing is said by it alone.
    ``measured`` says in one sentence how often such warnings were right; ``None`` = not measured. Raises
    ``ValueError`` where there is no finding to write about.
    """
    finding = assessment.leading
    if finding is None:
        raise ValueError(f"the night of {assessment.night} has no finding: write only about warnings")
    told = Told(
        assessment,
        finding,
        advice,
        units,
        links.checkin_url,
        tuple(loads),
        measured,
        links.reply_url,
        picture.caption if picture else None,
    )
    until = max(finding.until or assessment.night + USUAL_WINDOW, assessment.night)
    headline = phrases.headline(finding, days.spoken(until))
    letter = Letter(
        subject=headline,
        headline=f"{headline}.",
        opening=sections_of.opening(told),
        sections=sections_of.sections(told),
        footer=_warning_footer(links),
    )
    return finished(MailKind.WARNING, assessment.night, letter, links.unsubscribe_url, picture)


def confirm_address(confirm_url: str, *, night: date) -> Message:
    """Asks whoever reads this address whether it is theirs. Nothing else is sent there before."""
    letter = Letter(
        subject="Please confirm this address for freshlegs",
        headline="Is this your address?",
        opening="Someone, probably you, asked freshlegs to send warnings about heavy legs to this address.",
        sections=(
            Section(
                "If it was you",
                (
                    Paragraph(
                        "Open the page behind this link and confirm there. The link works for three days."
                    ),
                    Button(Link("Confirm this address", confirm_url)),
                ),
                "lead",
            ),
            Section("If it was not you", (Paragraph("Do nothing. You will not hear from us again."),)),
        ),
        footer=(Paragraph("freshlegs writes rarely, and every warning can be switched off with one tap."),),
    )
    return finished(MailKind.CONFIRM_ADDRESS, night, letter)


def reconnect(connect_url: str, *, night: date, links: Links) -> Message:
    """Says once that the connection is lost and that nothing is judged until it is back."""
    letter = Letter(
        subject="freshlegs can no longer read your runs",
        headline="We can no longer read your runs.",
        opening=(
            "Your Strava account no longer answers us. Perhaps you took the access back, or it ran out."
        ),
        sections=(
            Section(
                "If you want to go on",
                (
                    Paragraph("Connect once more. It takes a minute, and your settings are still there."),
                    Button(Link("Connect again", connect_url)),
                ),
                "lead",
            ),
            Section(
                "If you do not",
                (
                    Paragraph(
                        "Then there is nothing to do. Until you connect again we judge nothing and warn of "
                        "nothing; this is the only mail about it."
                    ),
                    Paragraph(
                        "You can have everything deleted here.", (Link("Your page", links.status_url),)
                    ),
                ),
            ),
        ),
        footer=(Paragraph("No more mail from freshlegs.", (Link("Unsubscribe", links.unsubscribe_url),)),),
    )
    return finished(MailKind.RECONNECT, night, letter, links.unsubscribe_url)


def erased(*, night: date) -> Message:
    """The receipt after everything was deleted; the last mail to this address."""
    letter = Letter(
        subject="Your freshlegs data are deleted",
        headline="Everything is deleted.",
        opening=f"On {days.spoken(night)} {night.year} we deleted all that freshlegs held about you.",
        sections=(
            Section(
                "What is gone",
                (
                    Points(
                        (
                            "Your sessions, your answers and every verdict made from them.",
                            "The access to your Strava account, which we also gave back there.",
                            "This address, as soon as this mail has left.",
                        )
                    ),
                ),
            ),
            Section(
                "What is left",
                (
                    Paragraph(
                        "One fingerprint that cannot be turned back into your account. It keeps late "
                        "deliveries from bringing your data back. Copies in backups fade with the backups."
                    ),
                ),
            ),
        ),
        footer=(Paragraph("Thank you for having tried it. Run well."),),
    )
    return finished(MailKind.ERASED, night, letter)


def imported(figures: Imported, *, night: date, status_url: str) -> Message:
    """What became of an archive that was uploaded a few minutes ago."""
    nothing = figures.read == 0
    headline = "Your archive could not be read" if nothing else "Your archive is read"
    points = (
        f"{figures.new} sessions are new.",
        f"{figures.known} were known before.",
        f"{figures.refused} files or rows were left out; your page says why.",
    )
    body = (
        Paragraph("There was no session in it that we could use. Nothing was changed.")
        if nothing
        else Points(points if figures.refused else points[:2])
    )
    letter = Letter(
        subject=headline,
        headline=f"{headline}.",
        opening="You gave freshlegs an archive of your own sessions. The file itself is deleted by now.",
        sections=(
            Section("What came of it", (body, Button(Link("Your page", status_url))), "lead"),
            Section(
                "What happens next",
                (
                    Paragraph(
                        "Sessions of the last two years count from your next night on. Where Strava tells "
                        "the same session, Strava's version counts."
                    ),
                ),
            ),
        ),
        footer=(Paragraph("You get this one mail because you uploaded a file."),),
    )
    return finished(MailKind.IMPORTED, night, letter)


def _warning_footer(links: Links) -> tuple[Paragraph, ...]:
    switches = [Link("Your page, with all the reasons", links.status_url)]
    if links.mute_url:
        switches.append(Link("Mute this reason for two weeks", links.mute_url))
    switches.append(Link("Switch warnings off", links.unsubscribe_url))
    return (
        Paragraph(phrases.NOT_ADVICE),
        Paragraph(
            "You get this because you connected your Strava account with freshlegs and asked for warnings. "
            "It was computed by fixed rules from your own sessions and answers."
        ),
        *(Paragraph("", (link,)) for link in switches),
    )


def finished(
    kind: MailKind,
    night: date,
    letter: Letter,
    unsubscribe_url: str | None = None,
    picture: Picture | None = None,
) -> Message:
    """The letter as a mail: text and HTML made from the same blocks."""
    return Message(
        kind=kind,
        night=night,
        subject=letter.subject,
        text=plain.text(letter),
        html=page.html(letter),
        unsubscribe_url=unsubscribe_url,
        chart_png=picture.png if picture else None,
    )
