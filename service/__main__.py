"""The command line: every role and every operation, each a few lines over the module that does it."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from service.errors import DatabaseUnavailable, FreshlegsError
from service.webhook_command import webhook

DAY = ["%Y-%m-%d"]
TRY_LATER = 75
"""What a mail server that pipes to us takes for "keep it and try again" (sysexits.h)."""

cli = typer.Typer(
    help="Warns a runner before the legs go heavy.", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False,
)  # fmt: skip
admin = typer.Typer(help="Who may see the admin pages.", no_args_is_help=True)
cli.add_typer(admin, name="admin")
cli.add_typer(webhook, name="webhook")


@cli.command()
def up() -> None:
    """Web, clock and worker in one process: all a club needs."""
    _serve("web", "clock", "worker")


@cli.command()
def web() -> None:
    """The pages alone."""
    _serve("web")


@cli.command()
def clock() -> None:
    """The clock alone: finds what is due."""
    _serve("clock")


@cli.command()
def worker() -> None:
    """A worker alone: syncs, judges, sends."""
    _serve("worker")


@cli.command()
def migrate() -> None:
    """Bring the database to this version's tables."""
    from service.operations import migrate_database

    typer.echo(migrate_database())


@cli.command()
def keyring(path: Path) -> None:
    """Make the keyring that encrypts tokens and addresses, unless it is there."""
    from service.operations import make_keyring

    typer.echo(make_keyring(path))


@cli.command()
def password(path: Path) -> None:
    """Write a random password to a file, unless it is there."""
    from service.operations import make_password

    typer.echo(make_password(path))


@cli.command("grant-roles")
def grant_roles(
    app: Annotated[Path, typer.Option(help="file with the password of the role freshlegs_app")],
    backup: Annotated[Path, typer.Option(help="file with the password of the role freshlegs_backup")],
) -> None:
    """Make the two roles that may not change tables, and grant them what they need. Run as the owner."""
    from service.backup import grant_roles

    typer.echo(grant_roles(app, backup))


@cli.command()
def backup(folder: Path) -> None:
    """Write a dump of the database, and who was erased, into a folder. The service may go on meanwhile."""
    from service.backup import backup

    typer.echo(backup(folder))


@cli.command()
def restore(file: Path) -> None:
    """Replace the database by a backup, and forget again who was erased since. Stop every process before."""
    from service.backup import restore

    typer.echo(restore(file))


@cli.command("forget-again")
def forget_again() -> None:
    """Forget who was erased, by the file beside the keyring: after a recovery by other means than restore."""
    from service.backup import forget_again

    typer.echo(forget_again())


@cli.command("rotate-keys")
def rotate_keys() -> None:
    """Put a new key first in the keyring and encrypt every row with it; the service may run."""
    from service.operations import rotate

    typer.echo(rotate())


@cli.command("connect-check")
def connect_check() -> None:
    """Ask Strava whether the application's id and secret are right, without any athlete."""
    from service.operations import check_connection

    typer.echo(check_connection())


@cli.command()
def erase(
    athlete: Annotated[str, typer.Argument(help="the athlete's id, as the admin pages show it")],
) -> None:
    """Forget an athlete: withdraw the grant, delete every row, send the receipt."""
    from service.operations import erase_athlete

    typer.echo(erase_athlete(athlete))


@cli.command()
def bounces(
    places: Annotated[list[Path], typer.Argument(help="Maildirs, mboxes, files with one message, or -")],
) -> None:
    """Take in mails that came back, and write no more to addresses that are gone."""
    from service.bounces_command import read_bounces

    try:
        typer.echo(read_bounces(places))
    except DatabaseUnavailable as error:
        typer.echo(f"freshlegs: {error}", err=True)
        raise typer.Exit(TRY_LATER) from None


@cli.command("write-again")
def write_again(address: str) -> None:
    """Write again to an address whose mails came back, once its mailbox works."""
    from service.bounces_command import write_again

    typer.echo(write_again(address))


@admin.command("add")
def admin_add(
    name: str,
    role: Annotated[
        str | None, typer.Option(help="viewer or operator; a new admin is operator, another keeps the role")
    ] = None,
    password_stdin: Annotated[bool, typer.Option(help="read the password from standard input")] = False,
) -> None:
    """Add an admin, or give one a new password."""
    from service.operations import add_admin

    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else typer.prompt("Password (15 characters or more)", hide_input=True, confirmation_prompt=True)
    )
    typer.echo(add_admin(name, password, role))


@admin.command("totp")
def admin_totp(
    name: str, off: Annotated[bool, typer.Option("--off", help="log in without a code again")] = False
) -> None:
    """Give an admin a second factor: the secret for an authenticator app, shown once."""
    from service.operations import second_factor

    typer.echo(second_factor(name, off=off))


@admin.command("disable")
def admin_disable(name: str) -> None:
    """Lock an admin out, at once."""
    from service.operations import disable_admin

    typer.echo(disable_admin(name))


@cli.command("import")
def import_(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Strava's export (zip, folder or activities.csv), or FIT, TCX, GPX files, plain or .gz"
        ),
    ],
    athlete: Annotated[
        str | None,
        typer.Option(
            help="whose archive it is: the id on the admin pages; may be left out if there is only one"
        ),
    ] = None,
    tz: Annotated[
        str | None, typer.Option(help="zone of files that do not say theirs; else the athlete's")
    ] = None,
) -> None:
    """Take an athlete's own archive into the database. Doing it twice changes nothing.

    It goes to the athlete of --athlete, or to the only one who is connected. Where Strava tells a session
    too, Strava's row counts while it is kept.
    """
    from service.import_command import import_archive

    typer.echo(import_archive(paths, athlete, tz))


@cli.command()
def replay(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Strava's export (zip, folder or activities.csv), FIT, TCX, GPX, or JSON lines of activities"
        ),
    ],
    checkins: Annotated[Path | None, typer.Option(help="JSON lines of check-ins")] = None,
    from_: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="first night")] = None,
    to: Annotated[datetime | None, typer.Option(formats=DAY, help="last night")] = None,
    tz: Annotated[str | None, typer.Option(help="zone of rows that do not say theirs")] = None,
    summary: Annotated[bool, typer.Option(help="a table instead of one line a night")] = False,
    html: Annotated[
        Path | None, typer.Option(help="write one page that needs nothing else to this file")
    ] = None,
) -> None:
    """Judge every night of a real history again: what would have been sent, and why not."""
    from service.jobs.replay import run

    raise typer.Exit(
        run(
            paths,
            checkins,
            from_.date() if from_ else None,
            to.date() if to else None,
            tz,
            summary,
            sys.stdout,
            sys.stderr,
            html=html,
        )
    )


def _serve(*roles: str) -> None:
    from service.roles import serve

    serve(roles)


def main() -> None:
    """The console script: an error of ours is one line on stderr and exit code 1, never a traceback."""
    try:
        cli()
    except FreshlegsError as error:
        print(f"freshlegs: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
