"""Where a sign-in stands: the gateway's outer session and the brokerage session inside it.

Timers are looked at when somebody asks, so the machine needs no task of its own.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ibdesk.demo.timings import DemoTimings


class Stage(StrEnum):
    """The states of reference/client-portal-api.md section 12 (DOWN is a server that is not there)."""

    UP_NO_LOGIN = "up, nobody signed in"
    LOGIN_PAGE = "sign-in page open"
    SSO_ONLY = "signed in, no brokerage session"
    BROKERAGE_PENDING = "brokerage session on its way"
    READY = "ready"
    COMPETING = "another login has the session"
    LOST = "brokerage session lost"
    MAINTENANCE = "maintenance"
    EXPIRED = "expired"
    LOGGED_OUT = "logged out"


SIGNED_IN = frozenset(
    {Stage.SSO_ONLY, Stage.BROKERAGE_PENDING, Stage.READY, Stage.COMPETING, Stage.LOST, Stage.MAINTENANCE}
)


class Login:
    """The login machine. `by_gateway`: a real gateway does the handshake, so signing in ends at SSO_ONLY.

    `clock` tells when the region's midnight is; without one only the timers end a session.
    """

    def __init__(
        self, timings: DemoTimings, ticks: Callable[[], float], *, by_gateway: bool = False, seed: int = 0,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._timings = timings
        self._ticks = ticks
        self._by_gateway = by_gateway
        self._clock = clock
        self._midnight: datetime | None = None
        self._seed = seed
        self._stage = Stage.UP_NO_LOGIN
        self._changed = ticks()
        self._signed_in_at = ticks()
        self._last_call = ticks()
        self._maintenance_until = float("-inf")
        self.session = ""
        #: counts brokerage sessions; warm-ups belong to one of them
        self.brokerage = 0
        #: how often a competing login was thrown out by somebody who asked for it
        self.take_overs = 0
        self._sessions = 0

    @property
    def stage(self) -> Stage:
        """The stage now, after any timer that has run out."""
        now = self._ticks()
        if self._stage in SIGNED_IN:
            self._check_end(now)
        if self._stage is Stage.BROKERAGE_PENDING and now - self._changed >= self._timings.handshake:
            self._ready()
        if self._stage is Stage.MAINTENANCE and now >= self._maintenance_until:
            self._ready()
        return self._stage

    @property
    def is_signed_in(self) -> bool:
        return self.stage in SIGNED_IN

    @property
    def seconds_signed_in(self) -> float:
        return self._ticks() - self._signed_in_at

    @property
    def is_half_way(self) -> bool:
        """The second half of the handshake: authenticated, but the account is not loaded yet."""
        return self._ticks() - self._changed >= self._timings.handshake / 2

    @property
    def maintenance_left(self) -> float:
        """Seconds until the maintenance is over; 0 outside of it."""
        return max(0.0, self._maintenance_until - self._ticks()) if self.stage is Stage.MAINTENANCE else 0.0

    @property
    def milliseconds_left(self) -> int:
        """Until the idle time-out, as tickle reports it."""
        return int(max(0.0, self._timings.idle - (self._ticks() - self._last_call)) * 1000)

    def touch(self) -> None:
        """Somebody called: the idle time-out starts again."""
        self._last_call = self._ticks()

    def open_page(self) -> None:
        """A browser shows the sign-in page."""
        if self.stage not in SIGNED_IN:
            self._go(Stage.LOGIN_PAGE)

    def sign_in(self) -> None:
        """Name, password and second factor were accepted."""
        self._sessions += 1
        self.session = hashlib.blake2b(f"{self._seed}|{self._sessions}".encode(), digest_size=16).hexdigest()
        self._signed_in_at = self._last_call = self._ticks()
        self._midnight = self._next_midnight()
        self._go(Stage.SSO_ONLY if self._by_gateway else Stage.BROKERAGE_PENDING)

    def start_ready(self) -> None:
        """As if somebody had signed in a while ago."""
        self.sign_in()
        self._signed_in_at -= 3600.0
        self._ready()

    def open_brokerage(self, *, compete: bool) -> None:
        """Ask for the brokerage session; a competing login keeps it unless we compete."""
        stage = self.stage
        if stage is Stage.COMPETING:
            if not compete:
                return
            self.take_overs += 1
        if stage in (Stage.SSO_ONLY, Stage.LOST, Stage.COMPETING):
            self._go(Stage.BROKERAGE_PENDING)

    def gateway_answered(self) -> None:
        """A real gateway finished its handshake."""
        if self.stage in SIGNED_IN:
            self._ready()

    def compete(self) -> None:
        """Another login takes the brokerage session."""
        if self.stage in SIGNED_IN:
            self._go(Stage.COMPETING)

    def lose(self) -> None:
        """The brokerage session goes; the sign-in stays for a while."""
        if self.stage in SIGNED_IN:
            self._go(Stage.LOST)

    def close_brokerage(self) -> None:
        """Only the read-only half is left."""
        if self.stage in SIGNED_IN:
            self._go(Stage.SSO_ONLY)

    def maintain(self, seconds: float) -> None:
        """The nightly reset: the brokerage session is away and comes back by itself, cold."""
        if self.stage in SIGNED_IN:
            self._maintenance_until = self._ticks() + seconds
            self._go(Stage.MAINTENANCE)

    def expire(self) -> None:
        """The sign-in has come to its end."""
        self._go(Stage.EXPIRED)

    def recover(self) -> None:
        """All is well again: the brokerage session is back, after a new sign-in if the old one has ended."""
        if self.stage not in SIGNED_IN:
            self.sign_in()
        if self.stage is not Stage.READY:
            self._ready()

    def sign_out(self) -> None:
        self._go(Stage.LOGGED_OUT)

    def _next_midnight(self) -> datetime | None:
        """The region's midnight after now, where sessions end at it (reference/client-portal-api.md 2.2)."""
        if self._clock is None or not self._timings.region:
            return None
        zone = ZoneInfo(self._timings.region)
        tomorrow = self._clock().astimezone(zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), zone)

    def _has_ended(self, now: float) -> bool:
        if now - self._signed_in_at >= self._timings.session_life or now - self._last_call >= self._timings.idle:
            return True
        return self._midnight is not None and self._clock is not None and self._clock() >= self._midnight

    def _check_end(self, now: float) -> None:
        if self._has_ended(now):
            self._go(Stage.EXPIRED)
        elif self._stage in (Stage.LOST, Stage.COMPETING) and now - self._changed >= self._timings.self_logout:
            # the gateway's own tickle sees "connected, not authenticated" and signs out (1.8, point 4)
            self._go(Stage.LOGGED_OUT)

    def _ready(self) -> None:
        self.brokerage += 1
        self._go(Stage.READY)

    def _go(self, stage: Stage) -> None:
        self._stage = stage
        self._changed = self._ticks()
        if stage not in SIGNED_IN:
            self.session = ""
