"""Where the cluster is, and how the console proves itself there. The official client reads the files."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kubernetes.client import Configuration
from kubernetes.config import ConfigException, incluster_config, kube_config

log = logging.getLogger(__name__)

_RENEW_EVERY = 1.0
_POOL = 64
_PATIENCE = 2.0  # seconds that a request waits for credentials which another one renews


class BadConfig(Exception):
    """The settings do not lead to a cluster; the text is one sentence for whoever started the console."""


class Connection:
    """One cluster's address, TLS settings and credentials. Safe between threads.

    ``generation`` grows with each `renew`, so that a pool made from older certificates can be noticed.
    """

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._renewed = 0.0
        self.generation = 0
        self.configuration = build()

    @property
    def host(self) -> str:
        """The base address, e.g. ``https://10.0.0.1:6443``."""
        return str(self.configuration.host).rstrip("/")

    def authorization(self) -> str | None:
        """The Authorization header's value, or None where a client certificate speaks. Expired tokens are renewed.

        Raises `BadConfig`: the client reads the file or runs the plugin again where a token has run out.
        """
        if not self._lock.acquire(timeout=_PATIENCE):  # a plugin may hang: one request waits for it, not all
            raise BadConfig("the credentials are still being renewed")
        try:
            value = self.configuration.get_api_key_with_prefix("BearerToken")
        except Exception as error:  # plugins and token refreshers raise whatever their libraries do
            raise BadConfig(f"the credentials cannot be renewed: {error}") from error
        finally:
            self._lock.release()
        if value is None:
            return None
        scheme, _, token = str(value).strip().partition(" ")
        # A token that lost its scheme would make the console anonymous without a word (client 36 renamed the key).
        if scheme.lower() not in ("bearer", "basic") or not token:
            raise BadConfig("the credentials have no scheme")
        return f"{scheme.capitalize()} {token.strip()}"

    def renew(self) -> None:
        """Read the files and run the plugins again, at most once a second whoever asks.

        Files that cannot be used leave everything as it was: they may be half written.
        """
        if not self._lock.acquire(timeout=_PATIENCE):
            return
        try:
            if time.monotonic() - self._renewed < _RENEW_EVERY:
                return
            self._renewed = time.monotonic()
            self.configuration = self._build()
        except BadConfig as error:
            log.warning("the credentials cannot be read again: %s", error)
        else:
            self.generation += 1
        finally:
            self._lock.release()


def load(kubeconfig: Path | None, context: str | None, in_cluster: bool) -> Connection:
    """The connection that the settings describe. Raises `BadConfig` where there is none."""
    if in_cluster:
        return Connection(_in_cluster)
    if kubeconfig is None:
        raise BadConfig("no kubeconfig is set and this is not running in a cluster")
    return Connection(lambda: _from_file(kubeconfig, context))


def _blank() -> Any:
    configuration = Configuration()
    # A proxy from the environment would see the console's token: only the kubeconfig may name one.
    configuration.proxy = None
    configuration.connection_pool_maxsize = _POOL
    return configuration


def _in_cluster() -> Any:
    configuration = _blank()
    try:
        incluster_config.load_incluster_config(configuration)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError) as error:
        raise BadConfig(f"the service account cannot be used: {error}") from error
    return configuration


def _from_file(path: Path, context: str | None) -> Any:
    if not path.is_file():
        raise BadConfig(f"there is no kubeconfig at {path}")
    configuration = _blank()
    try:
        kube_config.load_kube_config(  # type: ignore[no-untyped-call]
            str(path), context, configuration, persist_config=False
        )
    except Exception as error:  # as above; a token refresher that cannot reach its issuer, too
        raise BadConfig(f"the kubeconfig {path} cannot be used: {error}") from error
    if not configuration.host:
        raise BadConfig(f"the kubeconfig {path} names no server")
    if not configuration.api_key and not configuration.cert_file:
        raise BadConfig(f"the kubeconfig {path} gives no credentials for this context (did its plugin fail?)")
    return configuration
