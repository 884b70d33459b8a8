"""What comes back from a mail: a tap on the legs, an answer to a warning, a mute. GET never records."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from service.domain.finding import Cause
from service.domain.history import CheckIn
from service.domain.reply import Felt, Reply
from service.store.links import CHECK_IN, about_warning
from service.web.replies import MUTED_FOR
from tests.verdicts import assessment
from tests.web.conftest import Browser, Site
from tests.web.test_checkin import kept
from tests.web.test_status import MAILED, NIGHT, clear, judged

REPLY = f"/reply/{NIGHT}"


def link(site: Site, athlete: UUID, purpose: str = CHECK_IN, **lasts: float) -> str:
    """The token as it stands in a mail, good for two days unless told otherwise."""
    with site.store.transaction() as tx:
        return tx.links.make(athlete, purpose, site.clock() + timedelta(**(lasts or {"days": 2})))


def warned(site: Site) -> Browser:
    """An athlete who was warned this morning."""
    browser = site.athlete()
    judged(site, browser.athlete_id, assessment(night=NIGHT), decision=MAILED)
    return browser


def replies(site: Site, athlete: UUID) -> dict[date, Reply]:
    with site.store.transaction() as tx:
        return tx.replies.of(athlete, date(2026, 1, 1))


class TestOneTap:
    def test_a_hundred_scanners_record_nothing(self, site: Site) -> None:
        """They open every link of a mail; the page only shows what was tapped."""
        browser = site.athlete()
        token = link(site, browser.athlete_id)
        scanner = site.browser()
        answers = [scanner.get(f"/checkin?legs={legs}&t={token}") for legs in (1, 2, 3, 4) * 5]
        assert {200} == {answer.status_code for answer in answers}
        assert 'value="4" required checked' in answers[-1].text
        assert "Nothing is kept yet" in answers[-1].text
        assert kept(site, browser) == []
        assert "set-cookie" not in answers[-1].headers

    def test_the_button_keeps_it_without_signing_in(self, site: Site) -> None:
        """On any device; more answers may follow behind the same link."""
        browser = site.athlete()
        token = link(site, browser.athlete_id)
        reader = site.browser()
        answer = reader.post("/checkin", t=token, legs="2")
        assert answer.status_code == 303
        assert "Noted, thank you" in reader.get(answer.headers["location"]).text
        reader.post("/checkin", t=token, legs="2", sleep="4")
        assert kept(site, browser) == [CheckIn(date(2026, 3, 12), legs=2, sleep=4)]

    def test_what_was_answered_before_is_not_shown_to_a_link(self, site: Site) -> None:
        """A forwarded mail tells nobody how its reader slept."""
        browser = site.athlete()
        browser.submit("/checkin", "/checkin", legs="1", sleep="1", pain="yes")
        text = site.browser().get(f"/checkin?t={link(site, browser.athlete_id)}").text
        assert " checked" not in text
        assert "Log out" not in text

    @pytest.mark.parametrize("purpose", ["", "Checkin", about_warning(NIGHT), "export"])
    def test_a_link_for_something_else_does_not_check_in(self, site: Site, purpose: str) -> None:
        """One purpose each."""
        browser = site.athlete()
        token = link(site, browser.athlete_id, purpose)
        assert site.browser().get(f"/checkin?legs=2&t={token}").status_code == 404
        assert site.browser().post("/checkin", t=token, legs="2").status_code == 404
        assert kept(site, browser) == []

    def test_a_check_in_link_opens_nothing_else(self, site: Site) -> None:
        """Neither pages nor answers to warnings."""
        browser = warned(site)
        token = link(site, browser.athlete_id)
        reader = site.browser()
        paths = ["/status", "/profile", "/preferences", "/export.json", f"/nights/{NIGHT}", REPLY]
        assert {reader.get(f"{path}?t={token}").status_code for path in paths} == {401, 404}
        assert reader.post(REPLY, t=token, felt="no").status_code == 404

    def test_links_end(self, site: Site) -> None:
        """By time, and with the athlete."""
        browser = site.athlete()
        token = link(site, browser.athlete_id, hours=1)
        site.clock.pass_(hours=1)
        assert "no longer good" in site.browser().get(f"/checkin?legs=2&t={token}").text
        assert site.browser().post("/checkin", t=link(site, uuid4()), legs="2").status_code == 404

    def test_a_tap_by_who_is_signed_in_needs_no_link(self, site: Site) -> None:
        """The status page leads here too; its form has its own guard."""
        browser = site.athlete()
        assert 'value="3" required checked' in browser.get("/checkin?legs=3").text
        assert browser.post("/checkin", legs="3").status_code == 403
        assert browser.get("/checkin?legs=9").status_code == 400


class TestAnswerToAWarning:
    def test_opening_the_page_changes_nothing(self, site: Site) -> None:
        """Whatever stands in the address."""
        browser = warned(site)
        token = link(site, browser.athlete_id, about_warning(NIGHT))
        for query in ("", "&mute=1", "&felt=no&wrong=1"):
            assert site.browser().get(f"{REPLY}?t={token}{query}").status_code == 200
        assert replies(site, browser.athlete_id) == {}
        with site.store.transaction() as tx:
            assert tx.replies.muted(browser.athlete_id, NIGHT) == {}

    def test_the_answer_is_kept_by_link(self, site: Site) -> None:
        """From the mail, without signing in; "wrong" is one tick more."""
        browser = warned(site)
        token = link(site, browser.athlete_id, about_warning(NIGHT))
        answer = site.browser().post(REPLY, t=token, felt="partly", wrong="true")
        assert answer.status_code == 303
        assert replies(site, browser.athlete_id) == {NIGHT: Reply(NIGHT, Felt.PARTLY, wrong=True)}
        assert "Noted" in site.browser().get(answer.headers["location"]).text

    def test_who_is_signed_in_needs_no_link(self, site: Site) -> None:
        """The evidence page leads here, and shows the answer afterwards."""
        browser = warned(site)
        assert f'href="{REPLY}"' in browser.get(f"/nights/{NIGHT}").text
        assert browser.submit(REPLY, REPLY, felt="no", wrong="true").status_code == 303
        assert "You said: it did not match, the facts were wrong." in browser.get(f"/nights/{NIGHT}").text

    def test_an_empty_answer_is_none(self, site: Site) -> None:
        """Nothing chosen, nothing kept."""
        browser = warned(site)
        assert browser.submit(REPLY, REPLY, felt="").status_code == 303
        assert replies(site, browser.athlete_id) == {}

    def test_muting_lasts_two_weeks_and_can_be_ended(self, site: Site) -> None:
        """From the mail's own link; ended under "Settings"."""
        browser = warned(site)
        token = link(site, browser.athlete_id, about_warning(NIGHT))
        answer = site.browser().post(REPLY, t=token, do="mute")
        assert "Thursday 26 March" in site.browser().get(answer.headers["location"]).text
        with site.store.transaction() as tx:
            muted = tx.replies.muted(browser.athlete_id, NIGHT)
        assert muted == {Cause.MUSCLE_FATIGUE: NIGHT + MUTED_FOR}
        assert "Tired muscles, until Thursday 26 March" in browser.get("/preferences").text
        browser.submit("/preferences", "/unmute", cause="muscle_fatigue")
        assert "Muted reasons" not in browser.get("/preferences").text

    @pytest.mark.parametrize("night", [NIGHT, NIGHT - timedelta(days=1)])
    def test_there_is_no_answer_to_silence(self, site: Site, night: date) -> None:
        """A silent night, or none at all."""
        browser = site.athlete()
        judged(site, browser.athlete_id, clear())
        assert browser.get(f"/reply/{night}").status_code == 404
        assert browser.submit("/status", f"/reply/{night}", felt="yes").status_code == 404

    def test_a_link_is_for_its_own_warning(self, site: Site) -> None:
        """Another night's link does not answer."""
        browser = warned(site)
        token = link(site, browser.athlete_id, about_warning(NIGHT - timedelta(days=7)))
        assert site.browser().post(REPLY, t=token, felt="yes").status_code == 404

    def test_the_check_in_asks_until_it_is_answered(self, site: Site) -> None:
        """For a week, and only who is signed in."""
        browser = warned(site)
        assert f'<a href="{REPLY}">Did it match' in browser.get("/checkin").text
        assert "Did it match" not in site.browser().get(f"/checkin?t={link(site, browser.athlete_id)}").text
        site.clock.pass_(days=8)
        assert "Did it match" not in browser.get("/checkin").text
        site.clock.pass_(days=-8)
        browser.submit(REPLY, REPLY, felt="yes")
        assert "Did it match" not in browser.get("/checkin").text
