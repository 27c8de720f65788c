"""Makes Schemathesis count further errors of GraphQL as errors of the caller. It would report them as faults of the server.

The list is no setting of Schemathesis, but a constant of the version in scripts/schemathesis-requirements.txt.
"""

from schemathesis.specs.graphql import validation

validation.CLIENT_ERROR_MARKERS |= {"NOT_FOUND", "CONFLICT", "FORBIDDEN"}
