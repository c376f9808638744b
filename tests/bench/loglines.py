"""Lines of a log through the console's hands: cut out of what a kubelet sends, filtered, and written as the rows and
the message of a page that follows."""

import json
import time
from typing import Any

CHUNKS, LINES = 40, 640
LINE = b'2026-11-28T12:00:00.123456789Z 10.0.0.1 "GET /api/items/%08d HTTP/1.1" 200 1234 level=info took=12ms\n'


def log_lines() -> dict[str, Any]:
    """How many a second of one core: as they are; where an expression filters them; where they are only counted."""
    chunks = [b"".join(LINE % (chunk * LINES + number) for number in range(LINES)) for chunk in range(CHUNKS)]
    return {
        "lines_counted": _rate(chunks, None),
        "lines_shown": _rate(chunks, {}),
        "lines_filtered": _rate(chunks, {"find": r"items/0+\d*7 .* 200 \d+", "expression": "1", "filter": "1"}),
    }


def _rate(chunks: list[bytes], parameters: dict[str, str] | None) -> float:
    from django.http import QueryDict

    from console.kube.logs import Reading, Source
    from services.workloads.present import logs
    from services.workloads.present.logs_options import options

    source = Source("web-7c9d", "main")
    reading, named = Reading(source), logs.labels(["web-7c9d"], [source])
    query = QueryDict(mutable=True)
    query.update(parameters or {})
    chosen = options(query)
    began = time.process_time()
    for chunk in chunks:
        chosen.search.again()
        lines = list(reading.lines(chunk))
        if parameters is not None:
            json.dumps(logs.told([line for line in lines if chosen.shows(line)], chosen, named))
    return len(chunks) * LINES / (time.process_time() - began)
