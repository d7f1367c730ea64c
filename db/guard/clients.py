"""How often each client asks: a bounded bucket of tokens for each class of request.

datasette-ip-rate-limit 0.1a0 was tried. It counts requests by path and number of parameters, so neither SQL in a parameter
of any page (`_where`) nor the work that a request made can be told apart; it blocks for a fixed time, trusts the first entry of
X-Forwarded-For (which the client writes), takes each address of an IPv6 network for another client, and is an alpha.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class _Bucket:
    """What a client has left, as of when."""

    tokens: float
    at: float


class Rate:
    """How often each client may ask in one class.

    Parameters
    ----------
    per_minute
        Tokens that come back in a minute; half as many are there after a rest. 0 is without limit.
    most_clients
        How many clients are remembered; who asked least lately is forgotten first.
    clock
        Seconds that never go back.
    """

    def __init__(self, per_minute: int, most_clients: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._most, self._clock = per_minute / 60, most_clients, clock
        self._full = max(per_minute / 2, 1.0)
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, client: str) -> int | None:
        """Take one token; return None, or the seconds until there is one."""
        if not self._per_second:
            return None
        bucket = self._filled(client)
        if bucket.tokens < 1:
            return max(math.ceil((1 - bucket.tokens) / self._per_second), 1)
        bucket.tokens -= 1
        return None

    def charge(self, client: str, tokens: float) -> None:
        """Take more, for what the answer cost; a debt of up to a full bucket is kept."""
        if self._per_second and tokens > 0:
            bucket = self._filled(client)
            bucket.tokens = max(bucket.tokens - tokens, -self._full)

    @property
    def n_clients(self) -> int:
        """How many clients are remembered."""
        return len(self._buckets)

    def _filled(self, client: str) -> _Bucket:
        """Return the bucket of a client, with what came back since."""
        now = self._clock()
        bucket = self._buckets.setdefault(client, _Bucket(self._full, now))
        self._buckets.move_to_end(client)
        bucket.tokens, bucket.at = min(bucket.tokens + (now - bucket.at) * self._per_second, self._full), now
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return bucket


def client_of(peer: tuple[str, int] | None) -> str:
    """Return what tells a client from others: its IPv4 address, or the /64 network of its IPv6 address, which is one customer's.

    The peer is as uvicorn gives it: behind a proxy named in FORWARDED_ALLOW_IPS it is the last address of X-Forwarded-For
    that is no proxy's, otherwise whoever connected. Without an address (a Unix socket without that header) all are one client.
    """
    if not peer or not peer[0]:
        return "unknown"
    try:
        address = ipaddress.ip_address(peer[0].partition("%")[0])
    except ValueError:
        return peer[0][:64]
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.IPv6Network((address, 64), strict=False))
    return str(address)
