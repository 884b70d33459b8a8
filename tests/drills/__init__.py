"""Drills: real processes, really killed. ``make drills`` runs them; docs/drills.md has their promises."""
