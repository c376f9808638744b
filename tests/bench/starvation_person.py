"""One person at a console: `python -m tests.bench.starvation_person PORT PROJECT SESSION SECONDS`. Times (s) as JSON.

Each page has to be right: all Services of the project, ready.
"""

import http.client
import json
import sys
import time

PAUSE = 0.1


def main() -> None:
    port, project, session, seconds = int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        for path, right in ((f"/projects/{project}/services/", 20), (f"/projects/{project}/service/s-00001/", 1)):
            began = time.perf_counter()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", path, headers={"Cookie": f"berth={session}"})
            answer = connection.getresponse()
            text = answer.read().decode()
            times.append(time.perf_counter() - began)
            connection.close()
            assert answer.status == 200, (path, answer.status)
            assert text.count("2/2 ready") >= right or time.monotonic() < end - seconds + 2, (
                path,
                text.count("2/2 ready"),
            )
            time.sleep(PAUSE)
    print(json.dumps(times))


if __name__ == "__main__":
    main()
