"""``make bench-warnings``: how often we write to who is fine, and how soon to who is not.

Prints by runs a week and by view: false starts, detection, mails where none is right; the rivals' rules on
the same loads, as coded and at an equal budget of false starts; then the same for seeds that no constant was
ever chosen on, as many of them. The whole of it is four minutes of one core (256 runners of a year and a
half); ``--small`` is a quarter of a minute's worth; ``--write`` keeps the figures for docs/heuristics.md.
Synthetic runners: no claim about injuries, nor about how many real people stay steady.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tests.bench import kept
from tests.bench.episodes import EPISODES, Episode
from tests.bench.planted import BEFORE, HELD_BACK, TUNING, YEAR, Measured, Seen, measured
from tests.bench.rivals import AS_CODED, SCORES, onsets, threshold
from tests.bench.runners import VIEWS

YEAR_DAYS = 365.25
COOLDOWN = 7
BUDGET = 0.5
"""False starts a steady athlete-year, of the worse of three and five runs a week, for every detector."""
JUDGED_BY = (3, 5)
NEVER = 10_000
FULL = {2: 12, 3: 40, 4: 12, 5: 40, 6: 12, 7: 12}
SMALL = {3: 6, 5: 6}
Cells = Mapping[int, Sequence[Measured]]
Table = list[dict[str, Any]]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make bench-warnings", description=__doc__)
    parser.add_argument("--small", action="store_true", help="few runners of 3 and 5 runs a week")
    parser.add_argument("--write", action="store_true", help="keep the figures for docs/heuristics.md")
    options = parser.parse_args(arguments)
    figures: dict[str, Any] = {}
    for name, first in (("tuning", TUNING), ("held back", HELD_BACK)):
        began = time.monotonic()
        sizes = SMALL if options.small else FULL
        cells = {runs: measured(runs, first, number) for runs, number in sizes.items()}
        figures[name.replace(" ", "_")] = tables = all_tables(cells)
        seeds = ", ".join(f"{runs}/wk {first}..{first + n - 1}" for runs, n in sizes.items())
        print(f"\n# Seeds {name}: {seeds} ({time.monotonic() - began:.0f} s)")
        for title, rows in tables.items():
            print(f"\n## {title}\n{kept.markdown(rows)}")
    if options.write:
        kept.write("warnings", figures)
    return 0


def all_tables(cells: Cells) -> dict[str, Table]:
    """Every table by its title."""
    return {
        "false_starts": [row for runs in cells for row in _false_starts(runs, cells[runs])],
        "false_starts_by_rule": list(_by_rule(cells)),
        "detection": [row for runs in cells for row in _detection(runs, cells[runs])],
        "where_silence_is_right": list(_silence(cells)),
        "rivals_as_coded": list(_as_coded(cells)),
        "equal_budget_distance_alone": list(_equal_budget(cells)),
    }


def _false_starts(runs: int, group: Sequence[Measured]) -> Iterator[dict[str, Any]]:
    """Mails to steady runners: every one of them is wrong. Heat is told apart: its summers are warm."""
    years = len(group) * YEAR / YEAR_DAYS
    for view in VIEWS:
        mails = [mail for each in group for mail in each.steady[view].mails]
        causes = {cause: sum(mail[1] == cause for mail in mails) for cause in sorted({m[1] for m in mails})}
        none = np.mean([not each.steady[view].mails for each in group])
        yield {
            "runs": runs, "view": view, "years": round(years, 1), "a_year": round(len(mails) / years, 2),
            "without_heat": round((len(mails) - causes.get("heat_and_fluid", 0)) / years, 2),
            "no_mail_%": round(100 * none), "causes": ", ".join(f"{c} {n}" for c, n in causes.items()) or "-",
        }  # fmt: skip


def _by_rule(cells: Cells) -> Iterator[dict[str, Any]]:
    """The same by the rule that led the mail, all runs a week together."""
    group = [each for members in cells.values() for each in members]
    for view in VIEWS:
        rules = [mail[2] for each in group for mail in each.steady[view].mails]
        for rule in sorted(set(rules)):
            count = rules.count(rule)
            yield {"rule": rule, "view": view, "mails": count, "a_year": round(count / _years(group), 3)}


def _detection(runs: int, group: Sequence[Measured]) -> Iterator[dict[str, Any]]:
    """Share of runners mailed by the nights looked at; and by the last of them without an episode."""
    for episode in (each for each in EPISODES if each.deserves == "warning"):
        for view in VIEWS:
            firsts = [_first_mail(each.planted[episode.name, view]) for each in group]
            unplanted = [_first_mail(each.steady[view]) for each in group]
            shares = {f"by_{n}_%": _percent(firsts, n) for n in episode.looked}
            yield {
                "episode": episode.name, "runs": runs, "view": view, "found": _spelt(shares),
                "without_episode_%": _percent(unplanted, episode.lasts),
            }  # fmt: skip


def _silence(cells: Cells) -> Iterator[dict[str, Any]]:
    """Episodes that deserve no mail (a hot week: none but about heat), all runs a week together."""
    group = [each for members in cells.values() for each in members]
    for episode in (each for each in EPISODES if each.deserves != "warning"):
        for view in VIEWS:
            wrong = [_wrong(each.planted[episode.name, view], episode) for each in group]
            rules = sorted({mail[2] for mails in wrong for mail in mails})
            right = [
                len(each.planted[episode.name, view].mails) > len(w)
                for each, w in zip(group, wrong, strict=True)
            ]
            by_chance = [_first_mail(each.steady[view]) <= episode.lasts for each in group]
            yield {
                "episode": episode.name, "view": view, "runners": len(group),
                "wrongly_mailed_%": round(100 * np.mean([bool(mails) for mails in wrong]), 1),
                "steady_%": round(100 * np.mean(by_chance), 1), "about": ", ".join(rules) or "-",
                "rightly_%": round(100 * np.mean(right), 1) if episode.deserves == "heat" else "-",
            }  # fmt: skip


def _wrong(seen: Seen, episode: Episode) -> list[tuple[int, str, str, str]]:
    return [mail for mail in seen.mails if episode.deserves != "heat" or mail[1] != "heat_and_fluid"]


def _as_coded(cells: Cells) -> Iterator[dict[str, Any]]:
    """The rivals' rules with their own thresholds: how often they turn on for steady runners."""
    for name, (rule, limit) in AS_CODED.items():
        row: dict[str, Any] = {"rule": name}
        for runs in cells:
            state = rule(_loads(cells[runs], None))[-YEAR:] > limit
            row[f"{runs}/wk a year"] = round(onsets(state, COOLDOWN).sum() / _years(cells[runs]), 1)
        yield row


def _equal_budget(cells: Cells) -> Iterator[dict[str, Any]]:
    """Distance and time alone, each detector at the threshold that keeps it within ``BUDGET``."""
    judged = [runs for runs in JUDGED_BY if runs in cells]
    rules = {"freshlegs strain": None, **SCORES}
    for name, rule in rules.items():

        def scores(group: Sequence[Measured], episode: Episode | None, rule: Any = rule) -> np.ndarray:
            nights = YEAR if episode is None else episode.lasts + BEFORE
            if rule is None:
                return np.stack([_seen(each, episode).strain for each in group], axis=1)[-nights:]
            return rule(_loads(group, episode))[-nights:]

        limits = [threshold(scores(cells[r], None), _years(cells[r]), BUDGET, COOLDOWN) for r in judged]
        row: dict[str, Any] = {"detector": name, "threshold": round(max(limits), 2)}
        for episode in EPISODES[:2]:
            for runs in judged:
                turned = onsets(scores(cells[runs], episode) > max(limits), COOLDOWN)[BEFORE:]
                firsts = [int(np.argmax(column)) + 1 if column.any() else NEVER for column in turned.T]
                row[f"{episode.name} {runs}/wk"] = " / ".join(
                    f"{_percent(firsts, n)}" for n in episode.looked
                )
        yield row


def _years(group: Sequence[Measured]) -> float:
    return len(group) * YEAR / YEAR_DAYS


def _seen(each: Measured, episode: Episode | None) -> Seen:
    return each.steady["distance"] if episode is None else each.planted[episode.name, "distance"]


def _loads(group: Sequence[Measured], episode: Episode | None) -> np.ndarray:
    return np.nan_to_num(np.stack([_seen(each, episode).load for each in group], axis=1))


def _first_mail(seen: Seen) -> int:
    return min((mail[0] for mail in seen.mails), default=NEVER)


def _percent(firsts: Sequence[int], night: int) -> int:
    return round(100 * float(np.mean([first <= night for first in firsts])))


def _spelt(shares: Mapping[str, int]) -> str:
    return " · ".join(
        f"{name.removesuffix('_%').replace('_', ' ')}: {share} %" for name, share in shares.items()
    )


if __name__ == "__main__":
    sys.exit(main())
