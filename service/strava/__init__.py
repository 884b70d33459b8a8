"""Strava: asked sparingly, believed carefully. Nothing here knows the store or the jobs."""
