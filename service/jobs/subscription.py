"""The application's subscription to Strava's events: made and ended by hand, looked after once a day."""

import secrets
from collections.abc import Sequence

from service.app import App
from service.errors import InputError, StravaError
from service.jobs.intake import Intake
from service.logs import log
from service.strava.subscription import Subscriptions


def subscribe(app: App) -> str:
    """Make a subscription for our path, in place of any other. Raises ``InputError`` where Strava cannot
    reach the path, and whatever else Strava answers."""
    strava, url = _strava(app), Intake(app).callback_url
    there = strava.all(app.now())
    for each in there:
        if each.callback_url == url:
            with app.store.transaction() as tx:
                tx.subscription.made(each.id, app.now())
            return f"subscription {each.id} is in place"
    for each in there:
        strava.delete(each.id, app.now())
    token = secrets.token_urlsafe(32)
    with app.store.transaction() as tx:
        tx.subscription.propose(token, app.now())
    try:
        made = strava.create(url, token, app.now())
    except StravaError as error:
        raise InputError(
            f"Strava made no subscription ({error.code}): the pages must run, and Strava must reach "
            f"BASE_URL ({app.settings.base_url}); then try again"
        ) from None
    with app.store.transaction() as tx:
        tx.subscription.made(made.id, app.now())
    return f"subscription {made.id} is made: lists are read every second day now, events come at once"


def check(app: App) -> str:
    """Compare with what Strava holds. One that is gone is forgotten, and lists are read nightly again."""
    strava, url = _strava(app), Intake(app).callback_url
    ours = [each for each in strava.all(app.now()) if each.callback_url == url]
    with app.store.transaction() as tx:
        if ours:
            if tx.subscription.current() != ours[0].id:
                tx.subscription.made(ours[0].id, app.now())
            tx.subscription.checked(app.now())
            return f"subscription {ours[0].id} is in place"
        lost = tx.subscription.ended()
    if lost:
        log().error("subscription_gone")
    return "Strava holds no subscription for this path: make one with `freshlegs webhook create`"


def unsubscribe(app: App) -> str:
    """End it at Strava and here; the lists are read nightly again."""
    strava = _strava(app)
    there = strava.all(app.now())
    for each in there:
        strava.delete(each.id, app.now())
    with app.store.transaction() as tx:
        tx.subscription.ended()
    return f"{len(there)} subscriptions ended: lists are read every night again"


def look_after(app: App, _subjects: Sequence[str]) -> None:
    """The daily look."""
    try:
        check(app)
    except StravaError as error:
        log().warning("subscription_unchecked", code=error.code)


def _strava(app: App) -> Subscriptions:
    app.settings.require_strava()
    return Subscriptions(
        app.settings.strava_app_id,
        app.settings.strava_app_secret.get_secret_value(),
        api_base=app.settings.strava_api_base,
    )
