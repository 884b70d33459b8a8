"""What no text of ours may say, in mails and on pages (science notes, 14)."""

import re

FORBIDDEN = re.compile(
    r"diagnos|overtrain|syndrome|disease|rhabdo|thrombo|stroke|fracture|anaemi|anemi"
    r"|safe to (train|run)|you are safe|(you are|you're|you were) (dehydrated|overtrained|injured|hurt|ill)"
    r"|(risk|chance|probability|likelihood) of (an? )?injur|\d+ ?% (risk|chance|probab)|injury risk"
    r"|lactic|\bATP\b|blood.flow|must stop|you (should have|failed|ignored)|your fault|too lazy"
    r"|calorie|lose weight|body fat|score of|\bgrade\b|guarantee|prevents? injur|\bAI\b",
    re.IGNORECASE,
)
"""Diagnoses, probabilities of harm, promises, blame, and what the data cannot show."""
