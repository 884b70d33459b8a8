"""Drill 16: short pages, pages that shift under the reader, sessions announced too early or uploaded late."""

from datetime import timedelta

from service.jobs.tokens import access_token
from tests.drills.figure import Figure, none
from tests.drills.size import Size
from tests.drills.workshop import Workshop, open_workshop
from tests.posts import STEADY, posted

SHORT = [150, 0, 180, 1, 190, 199]
UNREADABLE_S = 240


def drill(size: Size) -> list[Figure]:
    """What stops at the first short page loses most of it; here nothing is lost."""
    rounds = size.of(20, 500)
    with open_workshop(size.seed, ["steady"], short_pages=SHORT, future_days=0) as shop:
        shop.connect_all()
        shop.settle()
        shop.settle()
        first_lost, first_more = shop.differences()
        shifted = sum(_walk_while_inserting(shop) for _ in range(rounds))
        shop.subscribe()
        shop.standin.mishaps(unreadable_s=UNREADABLE_S)
        early = 0
        for number in range(rounds):
            row = shop.standin.insert(STEADY, distance=2000.0 + number)
            at = int(shop.clock.now().timestamp())
            shop.carry(posted(row["id"], at=at))
            shop.pass_time(timedelta(minutes=50), timedelta(minutes=5))
            query = "SELECT count(*) FROM activity WHERE external_id = :id AND detailed"
            early += shop.count(query, id=str(row["id"]))
        late = shop.standin.insert(
            STEADY, visible_from=(shop.clock.now() + timedelta(hours=14)).isoformat(), distance=7777.0
        )
        shop.pass_time(timedelta(hours=63), timedelta(hours=1))
        lost, more = shop.differences()
        return [
            none("first_walk_lost", first_lost + first_more),
            none("shifted_walks_lost", shifted),
            Figure("announced_too_early", rounds),
            Figure("read_without_a_list", early, least=rounds),
            none("late_upload_lost", 1 - shop.count(
                "SELECT count(*) FROM activity WHERE external_id = :id", id=str(late["id"]))),
            none("lost", lost),
            none("too_many", more),
            none("uncaught", shop.uncaught),
        ]  # fmt: skip


def _walk_while_inserting(shop: Workshop) -> int:
    """Ids that were there when the walk began and were not given, though a new one came at each page."""
    before = {row["id"] for row in shop.standin.activities(STEADY)}
    [(athlete_id,)] = shop.query("SELECT id FROM athlete")
    token = access_token(shop.app, athlete_id)  # another grant would end the athlete's own
    seen = set()
    for number, page in enumerate(shop.app.strava.activities(token)):
        seen |= {row["id"] for row in page.rows}
        if number < 2:
            shop.standin.insert(STEADY, distance=1000.0)
    return len(before - seen)
