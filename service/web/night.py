"""The evidence page of one night: what went in, the rule, its constants, what was ruled out, the mail."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from service.domain.finding import Context, Finding
from service.domain.message import Message
from service.domain.night import Decision, MailKind, Silence
from service.domain.reply import Felt, Reply
from service.store.nights import JudgedNight
from service.store.outgoing import MailState
from service.web import words
from service.web.deps import Deps, WebDeps
from service.web.findings import shown, unseen
from service.web.pages import ANSWERS, notice, page
from service.web.session import AthleteId, AthleteVisit
from service.web.standing import Standing, standing

CONTEXTS: Mapping[Context, str] = {
    Context.RACE: "a race in the days before",
    Context.TAPER: "less running ahead of a race",
    Context.RETURN_FROM_BREAK: "the way back after a break",
    Context.ILLNESS: "you said you were ill",
    Context.PAIN: "you told of a pain that changes how you run",
    Context.TRAVEL: "a journey across time zones",
    Context.LATE_SYNC: "runs that reached us late",
}
FELT: Mapping[Felt, str] = {
    Felt.YES: "it matched",
    Felt.PARTLY: "it matched partly",
    Felt.NO: "it did not match",
}
MAIL_STATES: Mapping[str, str] = {
    "queued": "about to leave",
    "sending": "leaving",
    "handed": "handed over",
    "sent": "sent",
    "deferred": "the mail server asked to wait; it is tried again",
    "held": "held back by the operator",
    "refused": "refused by the mail server",
    "in_doubt": "perhaps arrived; never sent twice",
    "expired": "not sent: the day was over",
    "suppressed": "not sent: the address is gone or mails are off",
    "parked": "not sent: something went wrong with us, and our operator has been told",
}

FLAGGED = "not sent: you had told us of illness or pain"

routes = APIRouter(responses=dict(ANSWERS))


@routes.get("/nights/{night}")
def evidence(
    deps: Deps, visit: AthleteVisit, athlete_id: AthleteId, night: Annotated[date, Path()]
) -> HTMLResponse:
    """One night of the athlete's own."""
    with deps.store.transaction() as tx:
        found = standing(tx, athlete_id, today=deps.now().date())
        judged = tx.nights.at(athlete_id, night)
        mail = tx.mailbox.of_night(athlete_id, MailKind.WARNING, night)
        reply = tx.replies.of(athlete_id, night).get(night)
    if judged is None:
        return notice(
            deps,
            "There is no verdict for that night",
            "Nights are judged from the day you connected, and each from what was known then.",
            status=404,
            link=("/status", "To your status page"),
        )
    values = _values(judged, found, mail, deps) | {"reply": _said(reply), "warned": judged.decision.mail}
    return page(deps, "night.html", visit, **values)


def _said(reply: Reply | None) -> str:
    """The answer to the warning, in words."""
    if reply is None:
        return ""
    felt = FELT[reply.felt] if reply.felt else ""
    return ", ".join(part for part in (felt, "the facts were wrong" if reply.wrong else "") if part)


def _values(
    judged: JudgedNight, found: Standing, mail: tuple[Message, MailState] | None, deps: WebDeps
) -> dict[str, Any]:
    assessment = judged.assessment
    chapters = [chapter for finding in assessment.findings for chapter in deps.behind(finding.cause)]
    return {
        "night": judged.night,
        "state": assessment.state.value,
        "sentence": words.verdict(assessment.knowing(found.red_flags), deps.phrases),
        "judged_at": words.moment(judged.judged_at, found.athlete.zone),
        "outcome": _outcome(judged),
        "findings": [_shown(finding, found, deps) for finding in assessment.findings],
        "chapters": list({chapter.title: chapter for chapter in chapters}.values()),
        "inputs": _inputs(judged, found, deps),
        "contexts": [words.capital(CONTEXTS[context]) for context in sorted(assessment.contexts)],
        "unseen": unseen(assessment, deps),
        "rule_version": assessment.rule_version,
        "digest": judged.inputs_digest[:16],
        "mail": _mail(mail, judged.decision) if mail else None,
        "flagged": bool(found.red_flags),
    }


def _mail(mail: tuple[Message, MailState], decision: Decision) -> dict[str, str]:
    """The mail as it was written, and what became of it."""
    message, state = mail
    told = FLAGGED if decision.silent_because is Silence.RED_FLAG else MAIL_STATES[state]
    return {"subject": message.subject, "text": message.text, "state": told}


def _shown(finding: Finding, found: Standing, deps: WebDeps) -> dict[str, Any]:
    """A finding; one that may be written about with how often such warnings were right."""
    measured = deps.measured(found.athlete.id, finding) if finding.level else ""
    return shown(finding, found.athlete.units, deps) | {"measured": measured}


def _outcome(judged: JudgedNight) -> str:
    reason = judged.decision.silent_because
    return words.capital(words.SILENCES[reason]) if reason else "A mail was written"


def _inputs(judged: JudgedNight, found: Standing, deps: WebDeps) -> list[tuple[str, str]]:
    """The figures every rule starts from, each with its name."""
    night, units = judged.assessment, found.athlete.units
    rows = []
    if night.fitness is not None:
        rows.append(("What you are used to (mean load of 42 days)", f"{night.fitness:.0f} load points a day"))
    if night.fatigue is not None:
        rows.append(("What you did lately (mean load of 7 days)", f"{night.fatigue:.0f} load points a day"))
    if night.longest_safe_m is not None and not (found.red_flags or night.flagged):
        ceiling = deps.said(night.longest_safe_m, "m", units, "longest_run")
        rows.append(("A tenth beyond the longest run of 30 days", ceiling))
    if night.learning:
        rows.append(("Runs known", f"{night.learning.seen} of {night.learning.needed}"))
    return rows
