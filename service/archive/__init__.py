"""The second door: what an athlete holds of their own, as the same ``Activity`` that Strava gives."""
