"""The one connection to the network: slow on purpose, patient for a while, and never trusting what it is sent."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import metadata
from types import TracebackType

import httpx

from corpus.report import CorpusError

MAX_BYTES = 20_000_000  # the longest articles have 5 MB
_TRIES = 5
_MAX_REDIRECTS = 3
_PASSING = frozenset({429, 500, 502, 503, 504})  # states that pass; any other refusal is final
_EMAIL = re.compile(r"[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast, how long, and by whose clock.

    Attributes
    ----------
    per_second
        Requests a second, at most, repeated ones included. Europe PMC names no figure, only to be reasonable.
    timeout_s
        Seconds for a connection, and for the next bytes of an answer.
    patience_s
        Seconds for one answer with all its tries and waiting; also for one answer that drips.
    sleep, monotonic, chance, today
        What waits, what measures waiting, what spreads it (0 to 1), and what a date in `Retry-After` is compared with.
    """

    per_second: float = 2.0
    timeout_s: float = 30.0
    patience_s: float = 300.0
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    today: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


class TransientError(CorpusError):
    """Something that the next try may not meet again: raised by a check for a body that ends too soon."""

    wait_s: float | None = None


def user_agent(email: str | None = None) -> str:
    """Say who asks: Casebook, its version where it is installed, and whom the service may write to.

    Raises
    ------
    CorpusError
        The address is none.
    """
    try:
        name = f"Casebook/{metadata.version('casebook')}"
    except metadata.PackageNotFoundError:
        name = "Casebook"
    if not email:
        return name
    if not _EMAIL.fullmatch(email):
        raise CorpusError(f"{email[:80]!r}: no e-mail address, wanted one such as ana@example.org")
    return f"{name} (mailto:{email})"


@dataclass(slots=True)
class Client:
    """Asks one server, one question at a time. Use it in a `with`.

    Attributes
    ----------
    base
        The address that all paths are below.
    agent
        What `user_agent` gives.
    requests
        How many were sent.
    """

    base: str
    agent: str
    pace: Pace = Pace()
    requests: int = 0
    _http: httpx.Client = field(init=False)
    _next: float = field(init=False, default=float("-inf"))

    def __post_init__(self) -> None:
        try:
            address = httpx.URL(self.base)
        except (httpx.InvalidURL, TypeError) as error:
            raise CorpusError(f"{self.base[:200]!r}: no address ({error}), wanted https://…") from error
        if address.scheme not in ("http", "https") or not address.host:
            raise CorpusError(f"{self.base[:200]!r}: no address of a service, wanted https://…")
        self.base = self.base.rstrip("/")
        self._http = httpx.Client(
            headers={"User-Agent": self.agent, "Accept-Encoding": "gzip"},
            timeout=self.pace.timeout_s,
            limits=httpx.Limits(max_connections=1),
            follow_redirects=False,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.close()

    def get(self, path: str, check: Callable[[bytes, str], None], parameters: Mapping[str, str] | None = None) -> bytes | None:
        """Ask until there is an answer.

        Parameters
        ----------
        path
            Below `base`.
        check
            Called with the body and the name of what was asked; raises TransientError for one that is not whole, so that it is
            asked for again, and CorpusError for one that is not what was wanted.

        Returns
        -------
        bytes or None
            The body; None where the server says that there is no such thing (404).

        Raises
        ------
        CorpusError
            The server refuses, does not answer in five tries or in `pace.patience_s`, or answers with what is not wanted.
        """
        try:
            url = httpx.URL(f"{self.base}/{path}").copy_merge_params(parameters or {})
        except (httpx.InvalidURL, ValueError) as error:
            raise CorpusError(f"{path}: cannot be asked for ({str(error)[:100]}), wanted a shorter query in plain characters") from error
        name = f"{url.host}/{path.lstrip('/')}"
        ends = self.pace.monotonic() + self.pace.patience_s
        for tries in range(1, _TRIES + 1):
            try:
                body = self._follow(url, name)
                if body is not None:
                    check(body, name)
                return body
            except TransientError as error:
                wait = error.wait_s if error.wait_s is not None else 2 ** (tries - 1) * (0.5 + self.pace.chance())
                if tries == _TRIES or self.pace.monotonic() + wait > ends:
                    asked = f"asked to wait {wait:.0f} s, " if tries < _TRIES and error.wait_s is not None else ""
                    raise CorpusError(f"{error} ({asked}given up after {tries} {'try' if tries == 1 else 'tries'})") from error
            self.pace.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _follow(self, url: httpx.URL, name: str) -> bytes | None:
        """Ask once, and once more for each redirection within the same host."""
        for _ in range(_MAX_REDIRECTS + 1):
            answer = self._once(url, name)
            if not isinstance(answer, httpx.URL):
                return answer
            if not _is_same_host(url, answer):
                raise CorpusError(f"{name}: leads to another host ({answer.host[:80] or answer.scheme}), wanted an answer of {url.host}")
            url = answer
        raise CorpusError(f"{name}: leads from one address to the next, wanted an answer after {_MAX_REDIRECTS}")

    def _once(self, url: httpx.URL, name: str) -> bytes | httpx.URL | None:
        self._take_turn()
        try:
            with self._http.stream("GET", url) as response:
                if response.has_redirect_location:
                    return url.join(response.headers["location"])
                if response.status_code == 404:
                    return None
                if response.status_code in _PASSING:
                    transient = TransientError(f"{name}: the service says {_state(response)}")
                    transient.wait_s = _retry_after(response.headers.get("retry-after"), self.pace.today())
                    raise transient
                if response.status_code != 200:
                    raise CorpusError(f"{name}: the service says {_state(response)}, wanted 200 OK")
                return self._body(response, name)
        except httpx.InvalidURL as error:
            raise CorpusError(f"{name}: leads to what is no address ({error}), wanted an answer") from error
        except httpx.TimeoutException as error:
            raise TransientError(f"{name}: no answer within {self.pace.timeout_s:g} s") from error
        except httpx.RequestError as error:
            raise TransientError(f"{name}: {str(error)[:200] or type(error).__name__}") from error

    def _body(self, response: httpx.Response, name: str) -> bytes:
        ends = self.pace.monotonic() + self.pace.patience_s
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > MAX_BYTES:
                raise CorpusError(f"{name}: more than {MAX_BYTES / 1e6:.0f} MB, wanted at most that for one answer")
            if self.pace.monotonic() > ends:
                raise TransientError(f"{name}: the answer takes longer than {self.pace.patience_s:.0f} s")
        return bytes(body)

    def _take_turn(self) -> None:
        """Wait until the next request is due."""
        wait = self._next - self.pace.monotonic()
        if wait > 0:
            self.pace.sleep(wait)
        self._next = self.pace.monotonic() + 1 / self.pace.per_second
        self.requests += 1


def _state(response: httpx.Response) -> str:
    return f"{response.status_code} {response.reason_phrase[:60]}".strip()


def _is_same_host(here: httpx.URL, there: httpx.URL) -> bool:
    """Whether an address is of the same server; from http to https is the same, back is not."""
    same_port = (there.scheme, there.port) == (here.scheme, here.port)
    return here.host == there.host and (same_port or (here.scheme, there.scheme, there.port) == ("http", "https", None))


def _retry_after(value: str | None, today: datetime) -> float | None:
    """Seconds that a server asks to wait, from a number or a date; None where it does not say."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit() and len(value) < 10:
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None  # neither: as if it said nothing, so that our own waiting holds
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - today).total_seconds())
