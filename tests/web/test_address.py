"""The mail address: asked for, confirmed from the mailbox, switched."""

import re
from uuid import UUID

import pytest

from service.domain.night import MailKind
from service.web.address import CONFIRMATIONS_A_DAY
from service.web.inputs import mail_address
from tests.web.conftest import Browser, Site


def outbox(site: Site) -> list[tuple[UUID, str, str]]:
    """What waits to be sent: id, recipient, text."""
    found = []
    with site.store.transaction() as tx:
        for mail_id in tx.mailbox.claim_due(site.clock(), 100):
            mail = tx.mailbox.take(mail_id, site.clock())
            assert mail is not None
            found.append((mail_id, mail.recipient, mail.text))
    return found


def leave(browser: Browser, address: str = "ola@example.org"):
    return browser.submit("/welcome", "/address", address=address)


def link(site: Site) -> str:
    """The link of the newest mail, as its reader sees it."""
    found = re.search(r"http://testserver(/address/confirm\?token=\S+)", outbox(site)[-1][2])
    assert found is not None
    return found[1]


def confirmed(site: Site, browser: Browser) -> str | None:
    with site.store.transaction() as tx:
        return tx.addresses.confirmed(browser.athlete_id)


def test_an_address_is_asked_for_and_may_be_skipped(site: Site) -> None:
    """There is a way past the form."""
    text = site.athlete().get("/welcome").text
    assert 'name="address"' in text
    assert 'href="/status"' in text


def test_an_address_gets_a_mail_and_nothing_more(site: Site) -> None:
    """Pending until its reader says yes; the queue is told of the mail."""
    browser = site.athlete()
    answer = leave(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/status")
    assert confirmed(site, browser) is None
    [(mail, recipient, _)] = outbox(site)
    assert recipient == "ola@example.org"
    assert ("deliver", mail) == site.woken[-1]


def test_opening_the_link_changes_nothing(site: Site) -> None:
    """Scanners open every link, many times."""
    browser = site.athlete()
    leave(browser)
    path = link(site)
    assert {200} == {site.browser().get(path).status_code for _ in range(3)}
    assert confirmed(site, browser) is None


def test_pressing_the_button_confirms(site: Site) -> None:
    """On any device: the reader of the mail may have no session."""
    browser = site.athlete()
    leave(browser)
    reader = site.browser()
    page = reader.get(link(site)).text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token is not None
    answer = reader.post("/address/confirm", token=token[1])
    assert (answer.status_code, confirmed(site, browser)) == (200, "ola@example.org")
    assert reader.post("/address/confirm", token=token[1]).status_code == 404  # a link works once


def test_who_reads_no_mail_any_more_is_told_on_the_page(site: Site) -> None:
    """Mails came back; another address is one click away."""
    browser = site.athlete()
    with site.store.transaction() as tx:
        token = tx.addresses.propose(browser.athlete_id, "ola@example.org", site.clock())
        tx.addresses.confirm(token, site.clock())
        tx.addresses.suppress("ola@example.org", "hard bounce", site.clock())
    page = browser.get("/status").text
    assert "Mails to your address came back" in page
    assert "so nothing is sent to it" in page
    assert "Warnings go to your confirmed address" not in page


def test_a_link_grows_old(site: Site) -> None:
    """Then a new one has to be asked for."""
    browser = site.athlete()
    leave(browser)
    token = link(site).partition("token=")[2]
    site.clock.pass_(days=4)
    answer = site.browser().post("/address/confirm", token=token)
    assert answer.status_code == 404
    assert "no longer good" in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "",  # nothing
        "ola",  # no host
        "ola@localhost",  # no domain
        "ola@@example.org",  # two
        "ola@example..org",  # empty label
        ".ola@example.org",  # leading dot
        "ola.@example.org",  # trailing dot
        "ola@-example.org",  # label with a hyphen outside
        "ola @example.org",  # blank inside
        "ola@example.org,kari@example.org",  # two recipients
        "ola@example.org>",  # ends a header's address
        "Ola <ola@example.org>",  # a name
        "ølå@example.org",  # beyond ASCII: many servers still refuse it
        f"{'a' * 65}@example.org",  # local part too long
        f"ola@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.org",  # too long as a whole
    ],
)
def test_what_cannot_be_an_address_is_not_taken(site: Site, address: str) -> None:
    """The form comes back with a word about it; nothing is sent."""
    answer = leave(site.athlete(), address)
    assert answer.status_code == 400
    assert "does not look like a mail address" in answer.text
    assert outbox(site) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  ola@example.org ", "ola@example.org"),  # blanks from copying
        ("Ola.Nordmann+run@Example.ORG", "Ola.Nordmann+run@example.org"),  # only the domain has no case
        ("o'la_1@sub.example.co", "o'la_1@sub.example.co"),  # odd but right
    ],
)
def test_addresses_as_people_write_them(given: str, kept: str) -> None:
    """Tidied, not judged."""
    assert kept == mail_address(given)


def test_nobody_fills_a_mailbox_from_here(site: Site) -> None:
    """Limited by athlete and day."""
    browser = site.athlete()
    found = [leave(browser, f"ola{n}@example.org").status_code for n in range(CONFIRMATIONS_A_DAY + 1)]
    assert found == [303] * CONFIRMATIONS_A_DAY + [429]
    assert len(outbox(site)) == CONFIRMATIONS_A_DAY


def test_several_athletes_do_not_fill_one_mailbox_either(site: Site) -> None:
    """Limited by address, too, however it is written."""
    spellings = ["ola@example.org", "OLA@example.org", "Ola@Example.org"] * 2
    found = [leave(site.athlete(n + 1), address).status_code for n, address in enumerate(spellings)]
    assert found == [303] * CONFIRMATIONS_A_DAY + [429]


def test_warnings_are_switched_off_and_on(site: Site) -> None:
    """From the status page, without any mail."""
    browser = site.athlete()
    for way in ("off", "on"):
        assert browser.submit("/status", "/mail", warnings=way).status_code == 303
        with site.store.transaction() as tx:
            assert (way == "on") == tx.addresses.wants(browser.athlete_id, MailKind.WARNING)


def test_a_switch_has_two_ways(site: Site) -> None:
    """Anything else is not understood."""
    assert site.athlete().submit("/status", "/mail", warnings="sometimes").status_code == 400
