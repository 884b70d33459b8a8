"""How often a warning of a kind was right, in plain words."""

from service.domain.measured import Felts, Share
from service.domain.reply import Felt
from service.domain.text import listed
from service.notify.phrases import NOT_MEASURED

FELT = ((Felt.YES, "matched how you felt"), (Felt.PARTLY, "matched partly"), (Felt.NO, "did not match"))


def sentence(share: Share | None, felts: Felts | None = None) -> str:
    """What was measured on other people, or that nothing was; then the athlete's own count, once there."""
    said = NOT_MEASURED if share is None else _of_people(share)
    return f"{said} {_of_oneself(felts)}" if felts is not None and felts.total else said


def _of_people(share: Share) -> str:
    followed, by_chance = round(100 * share.followed), round(100 * share.by_chance)
    return (
        f"Of 100 such warnings in open study data, {followed} were followed by {share.outcome} within three "
        f"days; on any three days it is {by_chance} ({share.warnings} warnings to {share.people} people; "
        f"{share.source})."
    )


def _of_oneself(felts: Felts) -> str:
    """``Of the 5 warnings of this kind that you answered, 3 matched how you felt and 2 did not match.``"""
    parts = [f"{felts.counts[felt]} {words}" for felt, words in FELT if felts.counts.get(felt)]
    if felts.total == 1:
        return f"You have answered one warning of this kind: it {parts[0].removeprefix('1 ')}."
    return f"Of the {felts.total} warnings of this kind that you answered, {listed(parts)}."
