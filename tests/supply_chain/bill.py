"""The bill of materials, made from the lock: CycloneDX 1.6 as JSON, the same for the same lock.

A program that looks at an environment tells what is installed here; the lock, what is installed anywhere.
"""

import json
import uuid
from pathlib import Path
from typing import Any

from tests.supply_chain.lock import Package, packages

KIND = "urn:uuid:"


def bill(lock: Path, version: str) -> dict[str, Any]:
    """Every package of ``lock`` with its hashes; ``version`` is ours."""
    components = [_component(package) for package in packages(lock)]
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(components))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"{KIND}{serial}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "freshlegs", "version": version}},
        "components": components,
    }


def _component(package: Package) -> dict[str, Any]:
    address = f"pkg:pypi/{package.name.lower().replace('_', '-')}@{package.version}"
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": f"{address}{f'#{package.marker}' if package.marker else ''}",
        "name": package.name,
        "version": package.version,
        "purl": address,
        "hashes": [{"alg": "SHA-256", "content": each} for each in package.hashes],
    }
    if package.marker:
        found["properties"] = [{"name": "python:marker", "value": package.marker}]
    return found
