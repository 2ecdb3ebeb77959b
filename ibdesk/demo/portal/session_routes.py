"""Answers about the sign-in and the brokerage session."""

import hashlib

from ibdesk.demo.book import USER
from ibdesk.demo.portal.calls import Answer, Call, Json, answer, is_true
from ibdesk.demo.portal.login import Stage
from ibdesk.demo.portal.state import MAC, SERVER_INFO, USER_ID, PortalState


class SessionRoutes:
    """tickle, status, the brokerage handshake, validate and logout."""

    def __init__(self, state: PortalState) -> None:
        self._state = state

    def flags(self) -> dict[str, Json]:
        """The status object; a session that is away has fewer keys, as the broker sends it."""
        stage = self._state.login.stage
        if stage in (Stage.SSO_ONLY, Stage.MAINTENANCE):
            return {"authenticated": False, "competing": False, "connected": False, "MAC": MAC}
        return {
            "authenticated": stage is Stage.READY or self._is_half_way(stage),
            "established": stage is Stage.READY,
            "competing": stage is Stage.COMPETING,
            "connected": True,
            "message": "",
            "MAC": MAC,
            "serverInfo": SERVER_INFO,
            "hardware_info": f"2486818e|{MAC}",
        }

    def status(self, _call: Call) -> Answer:
        return answer({**self.flags(), "fail": ""})

    def tickle(self, _call: Call) -> Answer:
        login = self._state.login
        body = {
            "session": login.session,
            "ssoExpires": login.milliseconds_left,
            "collission": False,
            "userId": USER_ID,
            "hmds": {"error": "no bridge"},
            "iserver": {"authStatus": self.flags()},
        }
        return answer(body, cookies=(f"api={login.session}; Path=/",))

    def init(self, call: Call) -> Answer:
        """A client opens the brokerage session with `publish`; a real gateway's handshake asks for a challenge."""
        fields = {**call.query, **call.body}
        if "machineId" in fields:
            return answer({"challenge": self._digest("challenge")})
        if not is_true(fields.get("publish", "")):
            return answer({"error": "Internal Error: publish is required"}, status=500)
        self._state.login.open_brokerage(compete=is_true(fields.get("compete", "")))
        return answer(self.flags())

    def respond(self, call: Call) -> Answer:
        passed = len(str(call.body.get("response", ""))) == 40
        if passed:
            self._state.login.gateway_answered()
        return answer({"passed": passed, "authenticated": passed, "competing": False, "connected": True})

    def validate(self, _call: Call) -> Answer:
        now = int(self._state.wall() * 1000)
        login = self._state.login
        return answer(
            {
                "USER_ID": USER_ID, "USER_NAME": USER, "RESULT": True,
                "AUTH_TIME": now - int(login.seconds_signed_in * 1000), "SF_ENABLED": False,
                "IS_FREE_TRIAL": False, "CREDENTIAL": USER, "IP": "127.0.0.1",
                "EXPIRES": login.milliseconds_left, "QUALIFIED_FOR_MOBILE_AUTH": None,
                "LANDING_APP": "UNIVERSAL", "IS_MASTER": False, "lastAccessed": now,
                "LOGIN_TYPE": 2 if self._state.is_paper else 1,
                "PAPER_USER_NAME": USER,
                "features": {"env": "PROD", "wlms": True, "realtime": True, "bond": True,
                             "optionChains": True, "calendar": True, "newMf": True},
                "region": "NJ",
            }
        )

    def logout(self, _call: Call) -> Answer:
        self._state.login.sign_out()
        return answer({"status": True})

    def user(self, _call: Call) -> Answer:
        return answer({"USER_ID": USER_ID, "USER_NAME": USER, "props": {"isPaper": self._state.is_paper}})

    def sso_init(self, _call: Call) -> Answer:
        return answer({"success": True})

    def sso_secret(self, _call: Call) -> Answer:
        return answer({"st": self._digest("secret")})

    def _digest(self, what: str) -> str:
        return hashlib.blake2b(f"{what}|{self._state.login.session}".encode(), digest_size=16).hexdigest()

    def _is_half_way(self, stage: Stage) -> bool:
        return stage is Stage.BROKERAGE_PENDING and self._state.login.is_half_way
