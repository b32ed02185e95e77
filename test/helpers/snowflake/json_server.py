"""fakesnow's HTTP server, with results as the JSON row sets that Snowflake's client for Node reads instead of Arrow's.

Usage: python json_server.py PORT
"""

import base64
import datetime
import decimal
import io
import json
import sys

import fakesnow.server as server
import pyarrow
import uvicorn

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def encode(value, kind, scale):
    """A value as it stands in a JSON row set: https://docs.snowflake.com/en/developer-guide/sql-api/handling-responses"""
    if value is None:
        return None
    if kind == "BOOLEAN":
        return "1" if value else "0"
    if kind == "DATE" and isinstance(value, datetime.date):
        return str((value - EPOCH.date()).days)
    # The offset from UTC, in minutes more than a day.
    zone = " 1440" if kind == "TIMESTAMP_TZ" else ""
    if kind.startswith("TIMESTAMP") and isinstance(value, dict):
        return None if value.get("epoch") is None else f"{value['epoch']}.{value.get('fraction') or 0:09d}{zone}"
    if kind.startswith("TIMESTAMP") and isinstance(value, datetime.datetime):
        since = value.replace(tzinfo=value.tzinfo or datetime.timezone.utc) - EPOCH
        return f"{since.days * 86400 + since.seconds}.{since.microseconds:06d}000{zone}"
    if kind == "FIXED" and scale and isinstance(value, int):
        return str(decimal.Decimal(value).scaleb(-scale))
    if kind == "BINARY" and isinstance(value, (bytes, bytearray)):
        return value.hex()
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def rows_of(data):
    raw = base64.b64decode(data.pop("rowsetBase64", None) or "")
    if not raw:
        return []
    columns = [column.to_pylist() for column in pyarrow.ipc.open_stream(io.BytesIO(raw)).read_all().columns]
    kinds = [(column["type"].upper(), column.get("scale") or 0) for column in data["rowtype"]]
    return [[encode(value, *kinds[place]) for place, value in enumerate(row)] for row in zip(*columns)]


original = server.query_request


async def query_request(request):
    answer = await original(request)
    body = json.loads(answer.body)
    data = body.get("data") or {}
    if data.get("queryResultFormat") == "arrow":
        data["rowset"] = rows_of(data)
        data["queryResultFormat"] = "json"
    elif "rowset" not in data:
        # The client would try a 500 again for minutes; Snowflake answers so.
        failure = {"data": {"errorCode": "000603", "sqlState": "XX000"}, "code": "000603", "success": False}
        return server.JSONResponse({**failure, "message": body.get("message")}) if answer.status_code == 500 else answer
    data["returned"] = len(data["rowset"])
    data.setdefault("chunks", None)
    body["data"] = data
    return server.JSONResponse(body)


routes = server.app.router.routes
for place, route in enumerate(routes):
    if route.endpoint is original:
        routes[place] = type(route)(route.path, query_request, methods=list(route.methods))
uvicorn.run(server.app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
