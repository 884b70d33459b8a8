"""What a page of ours is made of: its forms, and whether a text in it has come alive."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from tests.drills.payloads import MARK

FIELDS = ("input", "select", "textarea")
ALIVE = ("script", "iframe", "object", "embed", "base", "math")
"""Elements that no page of ours has."""
RUNS = ("javascript:", "data:text", "vbscript:")
ADDRESSES = ("href", "src", "action", "formaction", "xlink:href", "srcdoc")

Attributes = list[tuple[str, str | None]]


@dataclass
class Form:
    """A form as a browser would send it: ``values`` by name, those that a person may change in ``open``."""

    method: str
    action: str
    values: dict[str, str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)


class PageText(HTMLParser):
    """Reads one page. ``alive`` are the places where something other than a text bears the mark."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.alive: list[str] = []
        self._inside: Form | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self._judge(tag, attrs)
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = Form(given.get("method", "get").upper(), given.get("action", ""))
            self.forms.append(self._inside)
        elif tag in FIELDS and self._inside is not None and given.get("name"):
            name = given["name"]
            if name not in self._inside.values and name != "csrf":
                self._inside.open.append(name)
            if given.get("type") != "radio" or "checked" in given:
                self._inside.values[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None

    def _judge(self, tag: str, attrs: Attributes) -> None:
        bad = tag in ALIVE or MARK in tag
        for name, value in attrs:
            bad |= name.startswith("on") or MARK in name
            bad |= name in ADDRESSES and (value or "").strip().lower().startswith(RUNS)
            bad |= name in (*ADDRESSES, "content") and "evil.example" in (value or "").split("?")[0]
        if bad:
            self.alive.append(f"<{tag} {attrs}>")
