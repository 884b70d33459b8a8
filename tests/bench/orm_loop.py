"""What most services would write for the night: athlete by athlete ORM entities, pandas, one row merged.

It does, with the idioms of pandas (``groupby``, ``rolling``, ``ewm``, ``apply``, ``rank``): the sessions of
the same two years and the mornings' answers as entities; load by heart rate, else by minutes; fitness,
fatigue, balance and where they stand in the own last weeks; monotony, strain and the acute:chronic ratio;
the longest run against 30 days; the long run's share of its week; heart rate and cadence at speed, each a
least-squares line over three months and its last residuals; exertion against like runs; heart rate in heat
against cooler runs; decoupling, late fade and descent of each run of six weeks from its splits; hard minutes
of three days against the season; answers against their own mean; a score, a row of reasons with their
figures, ``merge`` and commit.

It does not: leave out false values, doubles and locked sensors, join recordings, learn an athlete's own
scales, fit robust lines, look at critical speed, stops, first minutes, fuelling, contexts or the stages of
overreaching, say what was ruled out or unseen, or judge the six nights before for restraint; nor does it
look for earlier mails, mutes and quiet days, prepare the letter of the week, write down why nothing is
mailed, or mark the athlete's next night. Ours does all of that in the time we state.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from service.store.tables import ActivityRow, CheckInRow

DAYS = 730
RESTING, HIGHEST = 55.0, 185.0
STEEP = -0.03
NUMBERS = [
    "moving_s", "distance_m", "average_hr", "cadence_spm", "temperature_c", "perceived_exertion",
]  # fmt: skip


class Base(DeclarativeBase):
    pass


class Verdict(Base):
    __tablename__ = "bench_verdict"
    athlete_id: Mapped[UUID] = mapped_column(primary_key=True)
    night: Mapped[date] = mapped_column(primary_key=True)
    score: Mapped[float]
    reasons: Mapped[dict[str, Any]] = mapped_column(JSONB)


def judge(engine: Engine, athletes: list[UUID], night: date) -> None:
    """One night of each athlete, a session and a commit each."""
    for athlete in athletes:
        with Session(engine) as session:
            runs, kilometres = _sessions(session, athlete, night)
            reasons = _reasons(runs, kilometres, _answers(session, athlete, night), pd.Timestamp(night))
            score = float(np.mean([value for value in reasons.values() if not np.isnan(value)]))
            kept = {name: None if np.isnan(value) else round(value, 4) for name, value in reasons.items()}
            session.merge(Verdict(athlete_id=athlete, night=night, score=score, reasons=kept))
            session.commit()


def _sessions(session: Session, athlete: UUID, night: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    since = night - timedelta(days=DAYS)
    query = select(ActivityRow).where(ActivityRow.athlete_id == athlete, ActivityRow.start >= since)
    rows = session.scalars(query.order_by(ActivityRow.start)).all()
    runs = pd.DataFrame([{name: getattr(row, name) for name in ("start", *NUMBERS)} for row in rows])
    runs["day"] = pd.to_datetime(runs["start"]).dt.tz_localize(None).dt.normalize()
    runs = runs[runs["day"] < pd.Timestamp(night)].astype(dict.fromkeys(NUMBERS, float))
    runs["minutes"], runs["speed"] = runs["moving_s"] / 60, runs["distance_m"] / runs["moving_s"]
    reserve = ((runs["average_hr"] - RESTING) / (HIGHEST - RESTING)).clip(0, 1)
    runs["load"] = (runs["minutes"] * reserve * np.exp(1.92 * reserve)).fillna(runs["minutes"] * 0.8)
    recent = [row for row in rows if row.start.date() >= night - timedelta(days=42)]
    return runs, pd.DataFrame([{"run": row.start, **split} for row in recent for split in row.splits])


def _answers(session: Session, athlete: UUID, night: date) -> pd.DataFrame:
    query = select(CheckInRow).where(CheckInRow.athlete_id == athlete, CheckInRow.day < night)
    rows = session.scalars(query.order_by(CheckInRow.day)).all()
    names = ["day", "legs", "soreness", "fatigue"]
    table = pd.DataFrame([{name: getattr(row, name) for name in names} for row in rows], columns=names)
    return table.set_index(pd.to_datetime(table.pop("day"))).astype(float)


def _reasons(
    runs: pd.DataFrame, kilometres: pd.DataFrame, answers: pd.DataFrame, night: Any
) -> dict[str, float]:
    return {
        **_load(runs, night),
        **_long_runs(runs, night),
        **_at_speed(runs, night, "average_hr"),
        **_at_speed(runs, night, "cadence_spm"),
        **_like_runs(runs, night),
        **_kilometres(kilometres),
        **_said(answers, night),
    }


def _load(runs: pd.DataFrame, night: Any) -> dict[str, float]:
    days = pd.date_range(runs["day"].min(), night - pd.Timedelta(days=1))
    load = runs.groupby("day")["load"].sum().reindex(days, fill_value=0.0)
    fitness, fatigue, recent = (
        load.ewm(alpha=1 - np.exp(-1 / tau), adjust=False).mean() for tau in (42, 7, 3)
    )
    balance = (fitness - fatigue) / fitness.clip(lower=1)
    week = load.rolling(7)
    monotony = week.mean() / week.std()
    hard = runs[runs["perceived_exertion"] >= 7].groupby("day")["minutes"].sum().reindex(days, fill_value=0.0)
    three = hard.rolling(3).sum()
    return {
        "fitness": float(fitness.iloc[-1]),
        "balance": float(balance.iloc[-1]),
        "balance_rank": float(balance.iloc[-60:].rank(pct=True).iloc[-1]),
        "recent_rank": float(recent.iloc[-60:].rank(pct=True).iloc[-1]),
        "monotony": float(monotony.iloc[-1]),
        "strain": float((week.sum() * monotony).iloc[-1]),
        "ratio": float((week.mean() / load.rolling(28).mean()).iloc[-1]),
        "hard_minutes": float(three.iloc[-1] >= three.iloc[-90:].quantile(0.95)),
    }


def _long_runs(runs: pd.DataFrame, night: Any) -> dict[str, float]:
    longest = runs.groupby("day")["distance_m"].max()
    spike = longest / longest.rolling("30D", closed="left").max()
    weeks = runs.set_index("day")["distance_m"].resample("W").agg(["max", "sum"])
    share = weeks["max"] / weeks["sum"]
    lately = spike[spike.index >= night - pd.Timedelta(days=3)]
    return {"spike": float(lately.max()), "long_run_share": float(share.iloc[-1])}


def _at_speed(runs: pd.DataFrame, night: Any, what: str) -> dict[str, float]:
    """Mean residual of the last week's runs against a line over the three months before, in its spreads."""
    known = runs.dropna(subset=[what])
    age = (night - known["day"]).dt.days
    base, last = known[(age > 7) & (age <= 90)], known[age <= 7]
    if len(base) < 8 or last.empty:
        return {what: float("nan")}
    slope, intercept = np.polyfit(base["speed"], base[what], 1)
    spread = (base[what] - (intercept + slope * base["speed"])).std()
    return {what: float((last[what] - (intercept + slope * last["speed"])).mean() / spread)}


def _like_runs(runs: pd.DataFrame, night: Any) -> dict[str, float]:
    """How much harder, and how much warmer at heart, the last runs were than runs like them."""
    last = runs[runs["day"] >= night - pd.Timedelta(days=7)]

    def compared(run: pd.Series) -> pd.Series:
        like = runs[(runs["speed"] / run["speed"] - 1).abs() <= 0.05]
        like = like[(like["day"] < run["day"]) & (like["day"] >= run["day"] - pd.Timedelta(days=90))]
        cooler = like[like["temperature_c"] <= run["temperature_c"] - 5]
        exertion = run["perceived_exertion"] - like["perceived_exertion"].median()
        heat = run["average_hr"] / cooler["average_hr"].median() - 1
        return pd.Series({"exertion": exertion, "heat": heat})

    found = last.apply(compared, axis=1) if len(last) else pd.DataFrame(columns=["exertion", "heat"])
    warm = last["temperature_c"] >= 24
    return {"exertion": float(found["exertion"].mean()), "heat": float(found["heat"][warm].max())}


def _kilometres(splits: pd.DataFrame) -> dict[str, float]:
    """Decoupling, fade of the last third and metres downhill of the runs of six weeks; the last one's."""
    if splits.empty:
        return {"decoupling": float("nan"), "fade": float("nan"), "descent": float("nan")}
    splits["speed"] = splits["grade_adjusted_mps"].fillna(splits["distance_m"] / splits["moving_s"])

    def changed(run: pd.DataFrame) -> pd.Series:
        half, third = len(run) // 2, 2 * len(run) // 3
        first, second = run.iloc[:half], run.iloc[half:]
        ratio = [part["speed"].mean() / part["average_hr"].mean() for part in (first, second)]
        steep = run[run["elevation_m"] / run["distance_m"] <= STEEP]
        return pd.Series({
            "decoupling": 1 - ratio[1] / ratio[0],
            "fade": 1 - run["speed"].iloc[third:].mean() / run["speed"].iloc[:third].mean(),
            "descent": -steep["elevation_m"].sum(),
        })  # fmt: skip

    found = splits.groupby("run")[["speed", "average_hr", "elevation_m", "distance_m"]].apply(changed)
    return {name: float(value) for name, value in found.iloc[-1].items()}


def _said(answers: pd.DataFrame, night: Any) -> dict[str, float]:
    """The mean of the last three mornings below the own mean, in own spreads."""
    lately = answers[answers.index >= night - pd.Timedelta(days=3)].mean()
    return {name: float(value) for name, value in ((answers.mean() - lately) / answers.std()).items()}
