"""Container logs: plausible lines, a pure function of the container's start and the time, so nothing is stored."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime

from .api_errors import bad_request
from .objects import Entry, Obj, seconds_of
from .requests import YES

PERIOD = 2.0
KEPT = 5_000
_PATHS = ("/", "/healthz", "/api/items", "/api/items/42", "/metrics", "/login", "/favicon.ico")
_BOOT = ("starting {name} from {image}", "configuration read", "listening")
_CRASH = ("starting {name} from {image}", "connecting to backend", "FATAL: connection refused, giving up")


class Reader:
    """The log of one container of a Pod, as the query asks for it."""

    def __init__(self, entry: Entry, query: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._clock, body = clock, entry.body()
        self._name = _container(body, query.get("container", ""))
        self._image = next(container["image"] for container in _all(body["spec"]) if container["name"] == self._name)
        statuses = body.get("status", {})
        containers = [*statuses.get("containerStatuses", ()), *statuses.get("initContainerStatuses", ())]
        status: Obj = next((container for container in containers if container["name"] == self._name), {})
        self._start, self._end = _span(entry.name, self._name, status, previous=query.get("previous", "") in YES)
        self._crashed = self._end is not None
        self._stamps = query.get("timestamps", "") in YES
        self._since = _since(query, clock())
        self._tail = _number(query, "tailLines")
        self._limit = _number(query, "limitBytes")

    def _line(self, number: int) -> str:
        boot = _CRASH if self._crashed else _BOOT
        if number < len(boot):
            return boot[number].format(name=self._name, image=self._image)
        path, status = _PATHS[number % len(_PATHS)], 404 if number % 23 == 0 else 200
        return f'10.244.0.{number % 50 + 2} "GET {path} HTTP/1.1" {status} {number * 37 % 900} {number * 7 % 40}ms'

    def _time(self, number: int) -> float:
        return self._start + (number * 0.05 if number < len(_BOOT) else (number - 2) * PERIOD)

    def _next(self, now: float) -> int:
        """How many lines there are at `now`."""
        if self._crashed:
            return len(_CRASH)
        passed = now - self._start
        return 0 if passed < 0 else min(3, int(passed / 0.05) + 1) if passed < PERIOD else int(passed / PERIOD) + 3

    def _written(self, first: int, last: int) -> Iterator[str]:
        for number in range(first, last):
            at = self._time(number)
            if at >= self._since:
                stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z ") if self._stamps else ""
                yield f"{stamp}{self._line(number)}\n"

    def text(self) -> bytes:
        """What there is now."""
        last = self._next(self._clock())
        first = max(0, last - KEPT, last - self._tail if self._tail is not None else 0)
        text = "".join(self._written(first, last)).encode()
        return text[: self._limit] if self._limit is not None else text

    async def follow(self, alive: Callable[[], Entry | None]) -> AsyncIterator[bytes]:
        """What there is, then each line as it is written, until the Pod is gone."""
        last = self._next(self._clock())
        yield self.text()
        while not self._crashed:
            await asyncio.sleep(max(0.05, self._time(last) - self._clock()))
            entry = alive()
            if entry is None or entry.deleting:
                return
            now = self._next(self._clock())
            chunk = "".join(self._written(last, now)).encode()
            last = max(last, now)
            if chunk:
                yield chunk


def _all(spec: Obj) -> list[Obj]:
    return [*spec.get("containers", ()), *spec.get("initContainers", ())]


def _container(body: Obj, wanted: str) -> str:
    spec, pod = body["spec"], body["metadata"]["name"]
    names: list[str] = [container["name"] for container in _all(spec)]
    main = [container["name"] for container in spec["containers"]]
    if not wanted and len(main) > 1:
        wanted = (body["metadata"].get("annotations") or {}).get("kubectl.kubernetes.io/default-container", "")
        if not wanted:
            raise bad_request(f"a container name must be specified for pod {pod}, choose one of: [{' '.join(names)}]")
    wanted = wanted or main[0]
    if wanted not in names:
        raise bad_request(f"container {wanted} is not valid for pod {pod}")
    return wanted


def _span(pod: str, name: str, status: Obj, *, previous: bool) -> tuple[float, float | None]:
    state, last = status.get("state", {}), status.get("lastState", {}).get("terminated")
    ended = last if previous else state.get("terminated") or (last if "waiting" in state else None)
    if ended:
        return seconds_of(ended["startedAt"]), seconds_of(ended["finishedAt"])
    if previous:
        raise bad_request(f'previous terminated container "{name}" in pod "{pod}" not found')
    if "running" in state:
        return seconds_of(state["running"]["startedAt"]), None
    reason = state.get("waiting", {}).get("reason", "ContainerCreating")
    pulling = "trying and failing to pull image"
    why = pulling if reason in ("ErrImagePull", "ImagePullBackOff") else reason
    raise bad_request(f'container "{name}" in pod "{pod}" is waiting to start: {why}')


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None or text == "":
        return None
    if not text.isdigit():
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def _since(query: Mapping[str, str], now: float) -> float:
    seconds = _number(query, "sinceSeconds")
    if seconds is not None:
        return now - seconds
    return seconds_of(query["sinceTime"]) if query.get("sinceTime") else -math.inf
