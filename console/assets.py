"""WhiteNoise for an ASGI server: no thread hop for the pages behind it, and no file iterated in a thread."""

from typing import Any, ClassVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class Assets(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Answer for a static file from its bytes (the largest of ours is 0.5 MB); hand everything else on, either way."""

    sync_capable = True
    async_capable = True
    _found: ClassVar[dict[str, StaticFile]] = {}

    def __init__(self, get_response: object) -> None:
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def add_files_from_finders(self) -> None:
        """Look at the disk once a process: there are hundreds of files, and they do not change while it runs."""
        if not Assets._found:
            super().add_files_from_finders()
            Assets._found = dict(self.files)
        self.files.update(Assets._found)

    def __call__(self, request: HttpRequest) -> Any:
        static_file = self.find_file(request.path_info) if self.autorefresh else self.files.get(request.path_info)
        if static_file is not None and iscoroutinefunction(self):
            return self._soon(static_file, request)
        return self.serve(static_file, request) if static_file is not None else self.get_response(request)

    async def _soon(self, static_file: StaticFile, request: HttpRequest) -> HttpResponseBase:
        return self.serve(static_file, request)

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        response = static_file.get_response(request.method, request.META)
        body = b""
        if response.file is not None:
            with response.file as file:
                body = file.read()
        answer = HttpResponse(body, status=int(response.status))
        del answer.headers["Content-Type"]
        for name, value in response.headers:
            answer.headers[name] = value
        return answer
