"""``freshlegs webhook``: the subscription to Strava's events, from the command line."""

from collections.abc import Callable

import typer

from service.errors import InputError, StravaError

webhook = typer.Typer(help="Strava's events: fewer calls, fresher verdicts.", no_args_is_help=True)


@webhook.command()
def create() -> None:
    """Subscribe: the pages must run, and Strava must be able to reach them."""
    from service.jobs.subscription import subscribe

    _do(subscribe)


@webhook.command()
def check() -> None:
    """Ask Strava whether the subscription is in place."""
    from service.jobs import subscription

    _do(subscription.check)


@webhook.command()
def delete() -> None:
    """End the subscription; lists are read every night again."""
    from service.jobs.subscription import unsubscribe

    _do(unsubscribe)


def _do(command: Callable[..., str]) -> None:
    from service import settings as settings_of
    from service.app import open_app

    with open_app(settings_of.load(), migrating=False) as app:
        try:
            typer.echo(command(app))
        except StravaError as error:
            raise InputError(f"Strava could not be asked: {error}") from None
