"""Uses the API with Python's gql, through one transport, knowing only the address and a token.

Usage: python python_program.py TRANSPORT URL TOKEN IMAGE
Prints one JSON object with what the server sent.
"""

import asyncio
import json
import sys

from gql import Client, FileVar, gql
from gql.transport.exceptions import TransportQueryError

PAGE = """query Page($after: String) {
  predictions(first: 2, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } }
}"""
CLASSIFY = """mutation Classify($image: Upload!) {
  classify(image: $image) { prediction { id } userErrors { code } }
}"""
CREATED = "subscription { predictionCreated { id } }"
TOO_MANY = "{ predictions(first: 100000) { totalCount } }"

transport_name, url, token, image = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}"}
socket_url = url.replace("http", "ws", 1)


def open_transport():
    if transport_name == "requests":
        from gql.transport.requests import RequestsHTTPTransport

        return RequestsHTTPTransport(url=url, headers=headers)
    if transport_name == "aiohttp":
        from gql.transport.aiohttp import AIOHTTPTransport

        return AIOHTTPTransport(url=url, headers=headers)
    if transport_name == "websockets":
        from gql.transport.websockets import WebsocketsTransport

        return WebsocketsTransport(url=socket_url, headers=headers, connect_timeout=60, ack_timeout=60)
    if transport_name == "websockets with the token in the first message":
        from gql.transport.websockets import WebsocketsTransport

        return WebsocketsTransport(
            url=socket_url, init_payload=headers, connect_timeout=60, ack_timeout=60
        )
    if transport_name == "aiohttp websockets":
        from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport

        return AIOHTTPWebsocketsTransport(
            url=socket_url, headers=headers, connect_timeout=60, ack_timeout=60
        )
    raise SystemExit(f"There is no transport '{transport_name}'.")


def page_through(execute):
    ids, after = [], None
    while True:
        predictions = execute(PAGE, {"after": after})["predictions"]
        ids += [edge["node"]["id"] for edge in predictions["edges"]]
        after = predictions["pageInfo"]["endCursor"]
        if not predictions["pageInfo"]["hasNextPage"]:
            return ids


def codes_of(execute):
    try:
        execute(TOO_MANY)
    except TransportQueryError as error:
        return [fault["extensions"]["code"] for fault in error.errors]


def use_http():
    # The client also reads the schema, and checks each operation itself before it sends it.
    client = Client(transport=open_transport(), fetch_schema_from_transport=True, execute_timeout=120)

    def execute(document, variables=None, **options):
        request = gql(document)
        request.variable_values = variables or {}
        return client.execute(request, **options)

    def classify(file):
        return execute(CLASSIFY, {"image": file}, upload_files=True)["classify"]

    return {
        "ids": page_through(execute),
        "codes": codes_of(execute),
        "classified": classify(FileVar(image)),
        "refused": classify(FileVar(__file__)),
    }


async def use_socket():
    async with Client(
        transport=open_transport(), fetch_schema_from_transport=True, execute_timeout=120
    ) as session:
        events = session.subscribe(gql(CREATED))
        # The test classifies images until this program ends.
        created = await anext(events)
        await events.aclose()
        codes = []
        try:
            await session.execute(gql(TOO_MANY))
        except TransportQueryError as error:
            codes = [fault["extensions"]["code"] for fault in error.errors]
        ids, after = [], None
        while True:
            request = gql(PAGE)
            request.variable_values = {"after": after}
            predictions = (await session.execute(request))["predictions"]
            ids += [edge["node"]["id"] for edge in predictions["edges"]]
            after = predictions["pageInfo"]["endCursor"]
            if not predictions["pageInfo"]["hasNextPage"]:
                return {"created": created["predictionCreated"]["id"], "codes": codes, "ids": ids}


result = asyncio.run(use_socket()) if "websockets" in transport_name else use_http()
print(json.dumps(result))
