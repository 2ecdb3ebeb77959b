"""The session's states as values, for tests of what shows them."""

from datetime import timedelta

from ibdesk.domain.session import NextStep
from ibdesk.domain.truth import Lamp, LampState, Light, Truth
from tests.ui.sample_desk import NOW

SEEN = NOW - timedelta(seconds=4)


def lamp(which: Lamp, light: Light = Light.GOOD, text: str = "Well", **parts) -> LampState:
    return LampState(lamp=which, light=light, text=text, as_of=parts.pop("as_of", SEEN), **parts)


def truth(headline: str, *changed: LampState, action: NextStep = NextStep.NONE) -> Truth:
    given = {each.lamp: each for each in changed}
    return Truth(lamps=tuple(given.get(which, lamp(which)) for which in Lamp), headline=headline, action=action)


READY = truth(
    "Everything is connected",
    lamp(Lamp.SIGN_ON, text="Signed in", deadline=NOW + timedelta(hours=14), deadline_is="the session ends"),
    lamp(Lamp.BROKERAGE, text="The brokerage session is open", deadline=NOW + timedelta(seconds=161),
         deadline_is="the next keep-alive"),
)
OFFLINE = truth(
    "The gateway does not answer",
    lamp(Lamp.GATEWAY, Light.BAD, "The gateway does not answer", action=NextStep.START_GATEWAY),
    lamp(Lamp.SIGN_ON, Light.UNKNOWN, "Not known"), lamp(Lamp.BROKERAGE, Light.UNKNOWN, "Not known"),
    lamp(Lamp.COMPETING, Light.UNKNOWN, "Not known"),
    lamp(Lamp.MARKET_DATA, Light.UNKNOWN, "Waits for the session", as_of=None),
    action=NextStep.START_GATEWAY,
)
COMPETING = truth(
    "Another login has the brokerage session",
    lamp(Lamp.BROKERAGE, Light.BAD, "Another login has the brokerage session", action=NextStep.ASK_TAKE_OVER),
    lamp(Lamp.COMPETING, Light.BAD, "Another login uses this user name", action=NextStep.ASK_TAKE_OVER,
         reason="It is never thrown out without your word."),
    action=NextStep.ASK_TAKE_OVER,
)
EXPIRING = truth(
    "The session ends soon",
    lamp(Lamp.SIGN_ON, Light.WARN, "The session ends soon", deadline=NOW + timedelta(minutes=15),
         deadline_is="the session ends", action=NextStep.SIGN_IN),
    action=NextStep.SIGN_IN,
)
MAINTENANCE = truth(
    "Interactive Brokers is in the nightly maintenance",
    lamp(Lamp.GATEWAY, Light.EXPECTED, "The gateway does not answer", deadline=NOW + timedelta(minutes=30),
         deadline_is="the nightly maintenance ends", action=NextStep.WAIT),
    lamp(Lamp.SIGN_ON, Light.UNKNOWN, "Not known"),
    action=NextStep.WAIT,
)
LOCKED_OUT = truth(
    "Locked out for too many requests",
    lamp(Lamp.GATEWAY, Light.WARN, "Locked out for too many requests", deadline=NOW + timedelta(minutes=15),
         deadline_is="requests are allowed again", action=NextStep.WAIT),
    action=NextStep.WAIT,
)
WORDY = truth(
    "The gateway does not answer",
    *(lamp(each, Light.BAD, "The gateway does not answer", reason="A reason that takes more than one line. " * 4)
      for each in Lamp),
    action=NextStep.START_GATEWAY,
)
