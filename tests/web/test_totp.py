"""The second factor: the standard's own codes, each once, and no way around it."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from service.web import totp
from service.web.admin_login import CODES_A_DAY
from tests.web.conftest import NOW, PASSWORD, PASSWORD_HASH, Site

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("second", "code"),
    [
        # RFC 6238, appendix B, SHA-1, the last six of eight digits
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_standard_s_own_codes(second: int, code: str) -> None:
    assert totp.code(SECRET, second // totp.STEP_S) == code


def test_neighbouring_steps_pass_and_no_others() -> None:
    """A telephone may be half a minute off."""
    step = int(NOW.timestamp()) // totp.STEP_S
    found = [totp.step_of(SECRET, totp.code(SECRET, step + n), NOW) for n in (-2, -1, 0, 1, 2)]
    assert found == [None, step - 1, step, step + 1, None]
    assert totp.step_of(SECRET, "", datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert totp.step_of(SECRET, "é", NOW) is None


def test_a_secret_is_new_each_time() -> None:
    """160 bits; the address holds it for the app."""
    first, second = totp.new_secret(), totp.new_secret()
    assert first != second
    assert len(base64.b32decode(first)) == 20
    assert f"secret={first}" in totp.address(first, "ada b")


class TestLogin:
    @pytest.fixture
    def ada(self, site: Site) -> Site:
        with site.store.transaction() as tx:
            tx.admins.add("ada", PASSWORD_HASH, "operator", NOW)
            assert tx.admins.set_totp("ada", SECRET)
        return site

    def log_in(self, site: Site, code: str, password: str = PASSWORD, address: str = "198.51.100.7") -> int:
        form = {"name": "ada", "password": password, "code": code}
        return site.browser(address).submit("/admin/login", "/admin/login", **form).status_code

    def present(self, site: Site) -> str:
        return totp.code(SECRET, int(site.clock().timestamp()) // totp.STEP_S)

    def test_password_and_code_together(self, ada: Site) -> None:
        """Neither is enough, and the answer does not say which was wrong."""
        assert self.log_in(ada, "") == 403
        assert self.log_in(ada, "000000") == 403
        assert self.log_in(ada, self.present(ada), password="wrong") == 403
        assert self.log_in(ada, f"{self.present(ada)[:3]} {self.present(ada)[3:]}") == 303

    def test_a_code_is_good_once(self, ada: Site) -> None:
        """Who looked over a shoulder comes too late; the next code passes."""
        code = self.present(ada)
        assert [self.log_in(ada, code) for _ in range(2)] == [303, 403]
        ada.clock.pass_(seconds=30)
        assert [self.log_in(ada, code), self.log_in(ada, self.present(ada))] == [403, 303]

    def test_a_code_before_the_last_one_is_used_up(self, ada: Site) -> None:
        """Time goes one way."""
        before = self.present(ada)
        ada.clock.pass_(seconds=30)
        assert [self.log_in(ada, self.present(ada)), self.log_in(ada, before)] == [303, 403]

    def test_guessing_is_throttled(self, ada: Site) -> None:
        """By admin, and only behind the right password: no stranger can lock anyone out."""
        with ada.store.transaction() as tx:
            admin = tx.admins.by_name("ada")
            assert admin is not None
            for _ in range(CODES_A_DAY):
                tx.admins.allow(f"code {admin.id}", CODES_A_DAY, 86_400, NOW)
        assert self.log_in(ada, self.present(ada)) == 403
        ada.clock.at += timedelta(days=1)
        assert self.log_in(ada, self.present(ada)) == 303

    def test_the_secret_is_sealed(self, ada: Site) -> None:
        """A stolen dump makes no codes."""
        with ada.store.transaction() as tx:
            [(kept,)] = tx.connection.exec_driver_sql("SELECT totp FROM admin").fetchall()
            admin = tx.admins.by_name("ada")
        assert admin is not None
        assert SECRET.encode() not in bytes(kept)
        assert SECRET not in repr(admin)
        assert admin.totp == SECRET

    def test_it_can_be_taken_away(self, ada: Site) -> None:
        """And then the password is enough again."""
        with ada.store.transaction() as tx:
            assert tx.admins.set_totp("ada", None)
            assert not tx.admins.set_totp("eve", None)
        assert self.log_in(ada, "") == 303
