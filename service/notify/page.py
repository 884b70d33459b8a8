"""A letter as HTML that needs no images and no script and reads in the dark and on a phone."""

from functools import cache
from pathlib import Path

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from service.notify.letter import Letter

TEMPLATES = Path(__file__).parent / "templates"
TALLEST_PX = 80


def html(letter: Letter) -> str:
    """The letter as one HTML document, styles inlined; media queries stay in its head."""
    template, inliner = _tools()
    return inliner.inline(template.render(letter=letter))


@cache
def _tools() -> tuple[Template, CSSInliner]:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=False
    )
    css = (TEMPLATES / "mail.css").read_text(encoding="utf-8")
    environment.globals.update(
        css=Markup(css),  # noqa: S704 - our own stylesheet, not an athlete's text
        percent=lambda share: max(1, round(100 * share)),
        pixels=lambda share: max(1, round(TALLEST_PX * share)),
    )
    inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
    return environment.get_template("letter.html.j2"), inliner
