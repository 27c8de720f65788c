"""What Schemathesis sends to the REST routes: a real image where one is needed, and what exists in the paths.

SAMPLE_IMAGE names a file with an image. EXISTING has the values of parameters in paths as JSON, such as {"sha256": "…"}.
"""

import json
import os
from pathlib import Path

import schemathesis
from hypothesis import strategies

image = strategies.just(Path(os.environ["SAMPLE_IMAGE"]).read_bytes())
existing = json.loads(os.environ["EXISTING"])

schemathesis.openapi.format("binary", image)
for media_type in ("image/*", "application/octet-stream"):
    schemathesis.openapi.media_type(media_type, image)


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Replaces generated values by existing ones, so that the route finds something."""
    if not path_parameters:
        return path_parameters
    return {name: existing.get(name, value) for name, value in path_parameters.items()}


@schemathesis.hook
def filter_case(context, case):
    """Leaves out requests that have a parameter both in the query and in the form, which OpenAPI cannot forbid."""
    fields = set(case.body) if isinstance(case.body, dict) else set()
    return not fields & set(case.query or {})
