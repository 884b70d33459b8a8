"""A stand-in for Strava's API: a program of its own, over real HTTP, with its own clock (see README.md)."""
