"""A person at a console that runs in a process of its own, over HTTP and without a script."""

import re
from collections.abc import Mapping
from html import unescape
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, ProxyHandler, Request, build_opener


class Page:
    """An answer, with as much of a test client's response as the wizard looks at."""

    def __init__(self, url: str, status: int, content: bytes, location: str = "") -> None:
        self.status_code, self.content, self.location = status, content, location
        self.request = {"PATH_INFO": urlsplit(url).path}

    @property
    def text(self) -> str:
        return self.content.decode()

    def words(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.text)).split())


class _Stays(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Person:
    """A browser without scripts: cookies, redirects, links and forms, over HTTP."""

    def __init__(self, base: str, cookies: CookieJar | None = None) -> None:
        self.base, self.cookies = base, CookieJar() if cookies is None else cookies
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.cookies))
        self._stays = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.cookies), _Stays)
        self.page = Page(base, 0, b"")

    def another_tab(self) -> "Person":
        """The same session, with the same page open."""
        other = Person(self.base, self.cookies)
        other.page = self.page
        return other

    def sign_in(self, link: str) -> Page:
        """Open a sign-in link and press its button."""
        self.get(link)
        return self.post(link)

    def open(self, address: str) -> Any:
        """An answer that is still coming."""
        return self._opener.open(urljoin(self.base, address), timeout=10)

    def get(self, address: str, *, follow: bool = True) -> Page:
        return self._open(Request(urljoin(self.base, address)), follow)

    def post(self, address: str, data: Mapping[str, Any] | None = None, *, follow: bool = True) -> Page:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.page.text)
        assert token, "the page has a form"
        sent = urlencode({"csrfmiddlewaretoken": token[1], **(data or {})}, doseq=True).encode()
        return self._open(Request(urljoin(self.base, address), sent, {"Origin": self.base}), follow)

    def follow(self, address: str) -> Page:
        """Go where a link of the page leads."""
        assert f'href="{address}"' in self.page.text, (address, self.page.request)
        return self.get(address)

    def _open(self, request: Request, follow: bool) -> Page:
        try:
            with (self._opener if follow else self._stays).open(request, timeout=20) as answer:
                self.page = Page(answer.url, answer.status, answer.read())
        except HTTPError as error:
            with error:
                self.page = Page(error.url, error.code, error.read(), error.headers.get("Location", ""))
        return self.page
