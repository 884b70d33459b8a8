"""What an athlete agrees to before Strava is asked. The text stands in ``templates/promise.html``.

A changed promise needs a new version, and with it a new consent (Strava's API policy §2.1): a test
holds the fingerprint of the text to the version.
"""

VERSION = "2026-11-23.3"
