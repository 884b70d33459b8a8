"""What Strava posts to the webhook, as it would be for the steady runner of the stand-in."""

import json
from typing import Any

STEADY, SUBSCRIPTION = 7_000_001, 131300
SOME_TIME = 1_772_348_400


def event(
    object_id: int, aspect: str = "create", *, owner: int = STEADY, at: int = SOME_TIME, **changes: Any
) -> dict[str, Any]:
    """One event of a session; ``changes`` are fields that differ."""
    return {
        "aspect_type": aspect,
        "event_time": at,
        "object_id": object_id,
        "object_type": "activity",
        "owner_id": owner,
        "subscription_id": SUBSCRIPTION,
        "updates": {},
    } | changes


def posted(object_id: int, aspect: str = "create", **more: Any) -> bytes:
    """The same as the body of a post."""
    return json.dumps(event(object_id, aspect, **more)).encode()
