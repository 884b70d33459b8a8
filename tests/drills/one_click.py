"""Drill 28: one click unsubscribes; scanners, replays and forgeries do nothing."""

import random
from uuid import UUID

from service.app import App
from service.domain.night import MailKind
from service.jobs.deliver import deliver
from service.jobs.nightly import judge
from service.store.mailbox import MailState
from tests.apps import again, an_app, an_athlete, season_of_runs, with_runs
from tests.demo.simulated import SimulatedClock
from tests.drills.figure import Figure, none
from tests.drills.ground import START
from tests.drills.house import open_house
from tests.drills.size import Size
from tests.web.conftest import Site

READERS = 3
SCANNERS = 100
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def drill(size: Size) -> list[Figure]:
    """One stops warnings, one all mail, one nothing; the night after, each has a reason to be written to."""
    clock = SimulatedClock(START)
    with open_house(now=clock.now) as site, an_app(site.store, now=clock.now) as app:
        athletes = [
            an_athlete(app, number, address=f"{number}@example.org", zone="UTC") for number in range(READERS)
        ]
        paths = [_path(site, athlete.id) for athlete in athletes]
        client = site.browser().client
        scanned = [client.get(paths[0]).status_code for _ in range(SCANNERS)]
        after_scanners = _unsubscribed(site, athletes)
        forged = _forged(paths, random.Random(size.seed), 10_000)
        answers = [client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code for path in forged]
        after_forgeries = _unsubscribed(site, athletes)
        answer = client.post(paths[0], data={"List-Unsubscribe": "One-Click"})
        at_once = _unsubscribed(site, athletes)
        client.post(paths[1].partition("?")[0], data={"List-Unsubscribe": "One-Click"})
        replayed = [client.post(paths[0]).status_code for _ in range(100)]
        for athlete in athletes:
            night = again(app, athlete).next_night
            with_runs(app, athlete, season_of_runs(night, spike=True))
        clock.move_to(START.replace(day=START.day + 1, hour=5))
        judge(app, [str(athlete.id) for athlete in athletes])
        deliver(app, [str(mail) for mail in app.queue.of("deliver")])
        return [
            none("unsubscribed_by_scanners", after_scanners),
            none("scanners_turned_away", sum(code != 200 for code in scanned)),
            Figure("forged", len(forged)),
            none("forged_hits", after_forgeries + sum(code != 404 for code in answers)),
            Figure("unsubscribed_when_answered", at_once, least=1, most=1),
            none("cookies_needed_or_set", int("set-cookie" in answer.headers or answer.status_code != 200)),
            none("replays_not_ok", sum(code != 200 for code in replayed)),
            none("others_unsubscribed", _unsubscribed(site, athletes[2:])),
            none("warnings_to_who_stopped_them", _kinds(app, athletes[0].id).count(MailKind.WARNING)),
            none("mails_to_who_stopped_all", len(_kinds(app, athletes[1].id))),
            Figure("mails_to_who_did_not_click", len(_kinds(app, athletes[2].id)), least=1),
            none("left_open", _open(site)),
        ]


def _kinds(app: App, athlete: UUID) -> list[MailKind]:
    """What was sent to an athlete."""
    with app.store.transaction() as tx:
        return [mail.kind for mail in tx.mailbox.many(state=MailState.SENT, athlete_id=athlete)]


def _path(site: Site, athlete: UUID) -> str:
    with site.store.transaction() as tx:
        return f"/unsubscribe/{tx.addresses.unsubscribe_token(athlete)}?kind=warning"


def _unsubscribed(site: Site, athletes: list) -> int:
    with site.store.transaction() as tx:
        return sum(not tx.addresses.wants(athlete.id, MailKind.WARNING) for athlete in athletes)


def _forged(paths: list[str], dice: random.Random, count: int) -> list[str]:
    """Right shapes: made up, or a real one with one to three letters changed."""
    found = set[str]()
    tokens = [path.split("/")[-1].split("?")[0] for path in paths]
    while len(found) < count:
        token = list(dice.choice(tokens)) if dice.random() < 0.5 else dice.choices(LETTERS, k=43)
        for at in dice.sample(range(42), dice.randint(1, 3)):  # of the 43rd letter two bits mean nothing
            token[at] = dice.choice(LETTERS)
        found.add("".join(token))
    return [f"/unsubscribe/{token}?kind=warning" for token in found - set(tokens)]


def _open(site: Site) -> int:
    with site.store.transaction() as tx:
        counts = tx.mailbox.counts_by_state()
    return sum(counts.get(state, 0) for state in (MailState.QUEUED, MailState.SENDING, MailState.DEFERRED))
