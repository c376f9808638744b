"""Our own log: one JSON line an event, so that no name or path can forge a second one."""

import json
import logging
from datetime import UTC, datetime

LONGEST = 2000


class OneLine(logging.Formatter):
    """Format a record as one JSON object on one line; long values are cut at 2,000 characters."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": record.getMessage()[:LONGEST],
        }
        request = getattr(record, "request", None)
        request_id = getattr(request, "request_id", None)
        if request_id:
            line["request"] = request_id
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)[-LONGEST * 4 :]
        return json.dumps(line, ensure_ascii=True, default=str)
