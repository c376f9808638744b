"""Our own log: one JSON line an event, so that no name or path can forge a second one."""

import json
import logging
import re
from datetime import UTC, datetime

LONGEST = 2000
# Django logs the address of what it refuses, and that of a sign-in link lets whoever reads it in.
_LINK = re.compile(r"(/signin/link/)[^/\s'\"]+")


class OneLine(logging.Formatter):
    """Format a record as one JSON object on one line; long values are cut at 2,000 characters."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": _LINK.sub(r"\1***", record.getMessage())[:LONGEST],
        }
        request = getattr(record, "request", None)
        request_id = getattr(request, "request_id", None)
        if request_id:
            line["request"] = request_id
        if record.exc_info:
            line["trace"] = _LINK.sub(r"\1***", self.formatException(record.exc_info))[-LONGEST * 4 :]
        return json.dumps(line, ensure_ascii=True, default=str)
