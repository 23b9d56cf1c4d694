"""Lines of the log in JSON: ids go along, nobody's name does."""

import json
import logging
import uuid

import pytest
from django.test import Client

from queueing import tracing
from queueing.tracing.json_lines import JsonLines, refusals_in_one_line

ITEM = uuid.UUID(int=5)


def fail(error: Exception) -> None:
    raise error


def a_line(message: str, *values: object, error: bool = False) -> dict[str, object]:
    logger, lines = logging.getLogger("queueing.test"), []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Kept()
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    try:
        failed = ValueError("Ada Example") if error else None
        if failed is None:
            logger.warning(message, *values)
        else:
            try:
                fail(failed)
            except ValueError:
                logger.exception(message, *values)
    finally:
        logger.removeHandler(handler)
    (line,) = lines
    assert "\n" not in line
    read: dict[str, object] = json.loads(line)
    return read


def test_a_line_has_its_ids_and_no_name() -> None:
    with tracing.about(run="r"), tracing.about(item=ITEM):
        line = a_line("%s could not be dealt with %s times\nforged", "Ada Example", 3)
    after = a_line("Item %s", ITEM)

    assert line["event"] == "%s could not be dealt with %s times\nforged"
    assert (line["values"], line["run"], line["item"]) == (["…", 3], "r", str(ITEM))
    assert after["values"] == [str(ITEM)]
    assert "run" not in after


def test_an_error_has_its_places_and_not_its_words() -> None:
    line = a_line("The doubt about %s", "Ada Example", error=True)

    assert line["error"] == ["ValueError"]
    assert "Ada" not in json.dumps(line)
    assert "tests/queueing/tracing/test_json_lines.py" in str(line["at"])


@pytest.mark.parametrize(("given", "taken"), [("a-1", True), ("a\nb", False), ("", False)])
def test_a_request_id_is_taken_where_it_is_one(given: str, taken: bool) -> None:
    answer = Client().get("/livez", headers={"x-request-id": given})

    assert (answer["X-Request-ID"] == given) is taken


@pytest.mark.parametrize(("status", "kept"), [(403, False), (500, True)])
def test_a_refusal_is_one_line(status: int, kept: bool) -> None:
    record = logging.makeLogRecord({"name": "django.request", "exc_info": (ValueError, None, None)})
    record.status_code = status

    assert refusals_in_one_line()(record)
    assert bool(record.exc_info) is kept
