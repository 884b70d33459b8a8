"""A browser without a screen: opens pages, fills in their forms as they are, follows redirects."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx


@dataclass
class Form:
    """A form as the page has it. ``fields`` holds what would be sent if nothing were changed."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """(name, value, text) of each submit button."""
    unticked: dict[str, list[str]] = field(default_factory=dict)


class Forms(HTMLParser):
    """Collects the forms of a page: text, hidden, radio, check boxes, selects and buttons."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._button: tuple[str, str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.found.append(self._form)
        if self._form is None:
            return
        if tag == "input":
            self._input(self._form, given)
        elif tag == "select":
            self._select = given.get("name")
        elif (
            tag == "option"
            and self._select
            and ("selected" in given or self._select not in self._form.fields)
        ):
            self._form.fields[self._select] = [given.get("value", "")]
        elif tag == "button" and given.get("type", "submit") == "submit":
            self._button = (given.get("name", ""), given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._button is not None and data.strip():
            self._form.buttons.append((*self._button, data.strip()))
            self._button = None

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None

    @staticmethod
    def _input(form: Form, given: dict[str, str]) -> None:
        kind, name = given.get("type", "text"), given.get("name", "")
        if kind in {"submit", "image"}:
            form.buttons.append((name, given.get("value", ""), given.get("value", "")))
        elif name and kind in {"checkbox", "radio"} and "checked" not in given:
            form.unticked.setdefault(name, []).append(given.get("value", "on"))
        elif name:
            form.fields.setdefault(name, []).append(given.get("value", "on"))


class Browser:
    """One person's browser with its cookies. ``page`` is the page it shows."""

    def __init__(self) -> None:
        self._client = httpx.Client(follow_redirects=True, timeout=30)
        self.page: httpx.Response | None = None

    def close(self) -> None:
        self._client.close()

    def open(self, url: str) -> str:
        """Show ``url``; returns its HTML. Raises ``httpx.HTTPStatusError`` on 4xx and 5xx."""
        return self._show(self._client.get(url))

    def submit(
        self, action: str, *, button: str | None = None, tick: str | None = None, **changes: str | list[str]
    ) -> str:
        """Send the page's form whose action contains ``action``, with ``changes`` to its fields.

        ``button`` is the text of the button pressed; by default the first one. ``tick`` names a check
        box; an empty list un-ticks.
        """
        assert self.page is not None, "open a page first"
        form = next((form for form in Forms(self.page.text).found if action in form.action), None)
        assert form is not None, f"no form leads to {action!r} on {self.page.url.path}"
        fields = form.fields | {
            name: [text] if isinstance(text, str) else text for name, text in changes.items()
        }
        if tick is not None:
            fields[tick] = form.unticked[tick]
        pressed = next((each for each in form.buttons if button is None or button in each[2]), None)
        assert pressed or button is None, f"no button {button!r} in the form to {action!r}"
        if pressed and pressed[0]:
            fields[pressed[0]] = [pressed[1]]
        target = urljoin(str(self.page.url), form.action)
        if form.method == "get":
            return self._show(self._client.get(target, params=fields))
        origin = f"{self.page.url.scheme}://{self.page.url.netloc.decode()}"
        return self._show(self._client.post(target, data=fields, headers={"Origin": origin}))

    def _show(self, response: httpx.Response) -> str:
        response.raise_for_status()
        self.page = response
        return response.text
