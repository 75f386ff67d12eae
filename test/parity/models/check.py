"""Holds calls to AWS against botocore's models of the services.

Reads a call per line, as exchanges.ts has it, and writes for each, as a line of JSON, its operation and what is wrong with it.

A request is read as its service's protocol says (by moto, which serves by these models), checked by botocore's own validator,
by what of the model that leaves out (longest, greatest, pattern, enumeration), and then written once more by botocore: what
differs from what was sent is no part of the operation, or not in its place. An answer is read and checked by the model of
the operation's output; JSON is held against it member by member.
"""

import json
import re
import sys
from base64 import b64decode
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.utils import parse_timestamp
from botocore.validate import ParamValidator
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from werkzeug.exceptions import HTTPException

# What all services take, beside their operations: signature, encoding, and the SDK's own marks.
COMMON_HEADERS = {
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-security-token",
    "x-amz-trailer",
    "x-amz-user-agent",
}


def check(call):
    body = b64decode(call["body"])
    request = Request.from_primitives(call["method"], "http://127.0.0.1" + call["url"], call["headers"], body)
    service = call["service"]
    try:
        operation, labels = get_service_router(service).match(request)
    except HTTPException:
        return None, [f"No operation of {service} is {call['method']} {call['url']}"]
    try:
        problems = request_problems(operation, request, labels, body)
    except Exception as error:  # What can't be read is a finding.
        problems = [f"The request can't be read as {operation.name}: {error!r}"]
    if call["answer"]["status"] < 300:
        problems += [f"Answer: {problem}" for problem in answer_problems(operation, call["answer"])]
    return operation.name, problems


def request_problems(operation, request, labels, body):
    protocol = determine_request_protocol(operation.service_model, request.mimetype)
    parser = PROTOCOL_PARSERS[protocol](operation, timestamp_parser=parse_timestamp)
    values = request.args if protocol.startswith("rest") else request.form
    parameters = parser.parse(
        {
            "body": body,
            "headers": request.headers,
            "method": request.method,
            "url_params": labels,
            "url_path": request.path,
            "values": values,
        }
    )
    # Headers and query are read whether they are there or not.
    parameters = {name: value for name, value in parameters.items() if value is not None}
    problems = shape_problems(parameters, operation.input_shape)
    if problems:
        return problems
    written = create_serializer(protocol, include_validation=False).serialize_to_request(parameters, operation)
    return differences(operation, protocol, request, body, written)


def shape_problems(value, shape):
    report = ParamValidator().validate(value, shape)
    return report.generate_report().splitlines() + list(beyond(value, shape, shape.name))


def beyond(value, shape, at):
    """What botocore's validator leaves to the service."""
    kind, limits = shape.type_name, shape.metadata
    if kind == "structure" and isinstance(value, dict) and not shape.is_document_type:
        for name, each in value.items():
            if name in shape.members:
                yield from beyond(each, shape.members[name], f"{at}.{name}")
        return
    if kind == "list" and isinstance(value, list):
        for index, each in enumerate(value):
            yield from beyond(each, shape.member, f"{at}[{index}]")
    if kind == "map" and isinstance(value, dict):
        for key, each in value.items():
            yield from beyond(key, shape.key, f"{at} (key)")
            yield from beyond(each, shape.value, f"{at}.{key}")
    if kind in ("integer", "long", "float", "double") and isinstance(value, bool):
        yield f"Invalid type for parameter {at}, value: {value}, valid types: a number"
    if "max" in limits:
        size = value if kind in ("integer", "long", "float", "double") else length(value)
        if size is not None and size > limits["max"]:
            yield f"Invalid value for parameter {at}: of {size}, valid max: {limits['max']}"
    if isinstance(value, str):
        if "enum" in limits and value not in limits["enum"]:
            yield f"Invalid value for parameter {at}: {value!r}, valid values: {', '.join(limits['enum'])}"
        if "pattern" in limits and not pattern(limits["pattern"]).fullmatch(value):
            yield f"Invalid value for parameter {at}: {value!r}, valid pattern: {limits['pattern']}"


@lru_cache(maxsize=None)
def pattern(text):
    """Models write what is beyond 16 bits as Java does, in two halves."""
    halves = r"\\u([dD][89abAB]..)\\u([dD][c-fC-F]..)"
    return re.compile(re.sub(halves, lambda pair: bytes.fromhex("".join(pair.groups())).decode("utf-16-be"), text))


def length(value):
    return len(value) if isinstance(value, (str, bytes, list, dict)) else None


def differences(operation, protocol, request, body, written):
    """Between what was sent and what botocore sends for the same parameters."""
    sent_headers = {name.lower(): value for name, value in request.headers.items()}
    headers = {name.lower(): str(value) for name, value in written["headers"].items()}
    path, query = split(written["url_path"])
    query += pairs(written["query_string"])
    # The SDK for JavaScript names the operation so, and has all headers in the query of a URL that it signs for others.
    sent_query = [
        (name, value)
        for name, value in parse_qsl(request.query_string.decode(), True)
        if (name, value) != ("x-id", operation.name) and not name.lower().startswith("x-amz-")
    ]
    yield_from = [
        ("method", request.method, written["method"]),
        # The SDK for JavaScript ends a bucket's path with a slash, which S3 takes as well.
        ("path", request.raw_path.rstrip("/"), path.rstrip("/")),
        ("query", sorted(sent_query), sorted(query)),
        ("body", *bodies(protocol, request, body, written["body"])),
    ]
    names = {name for name in sent_headers if name.startswith("x-amz-") and name not in COMMON_HEADERS} | set(headers)
    names.discard("x-amzn-query-mode")
    for name in sorted(names):
        sent, other = sent_headers.get(name), headers.get(name)
        if name == "content-type":
            sent, other = media_type(sent), media_type(other)
        yield_from.append((f"header {name}", sent, other))
    return [f"Expected {what} {other!r}, got {sent!r}" for what, sent, other in yield_from if sent != other]


def split(url):
    parts = urlsplit(url)
    return parts.path, parse_qsl(parts.query, True)


def pairs(query):
    if isinstance(query, str):
        return parse_qsl(query, True)
    items = query.items() if isinstance(query, dict) else query
    return [(name, str(each)) for name, value in items for each in (value if isinstance(value, list) else [value])]


def bodies(protocol, request, body, written):
    if protocol == "query":
        return sorted(request.form.items(True)), sorted((name, str(value)) for name, value in written.items())
    written = written.encode() if isinstance(written, str) else written
    if protocol in ("json", "rest-json") and media_type(request.headers.get("content-type")) != "application/octet-stream":
        return loaded(body), loaded(written)
    return body, written


def loaded(body):
    return json.loads(body) if body else None


def media_type(text):
    return text.split(";")[0].strip() if text else text


def answer_problems(operation, answer):
    if operation.output_shape is None:
        return []
    body = b64decode(answer["body"])
    protocol = operation.service_model.protocol
    response = {"status_code": answer["status"], "headers": answer["headers"], "body": body}
    try:
        parsed = create_parser(protocol).parse(response, operation.output_shape)
    except Exception as error:
        return [f"it can't be read as one of {operation.name}: {error!r}"]
    parsed.pop("ResponseMetadata", None)
    problems = shape_problems(parsed, operation.output_shape)
    # AWS's own answers have lists shorter than the model says: GetParameters has no InvalidParameters where all are valid.
    problems = [problem for problem in problems if not problem.startswith("Invalid length for")]
    if protocol == "json":
        problems += unknown_members(loaded(body), operation.output_shape, operation.output_shape.name)
    return problems


def unknown_members(value, shape, at):
    found = []
    if shape.type_name == "structure" and isinstance(value, dict):
        known = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for name, each in value.items():
            found += unknown_members(each, known[name], f"{at}.{name}") if name in known else [f"{at} has no {name}"]
    elif shape.type_name == "list" and isinstance(value, list):
        for each in value:
            found += unknown_members(each, shape.member, at)
    elif shape.type_name == "map" and isinstance(value, dict):
        for each in value.values():
            found += unknown_members(each, shape.value, at)
    return found


for line in sys.stdin:
    name, problems = check(json.loads(line))
    print(json.dumps({"operation": name, "problems": problems}), flush=False)
