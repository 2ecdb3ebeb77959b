"""The sign-in pages a browser sees: name and password, then a pretend second factor."""

from string import Template

from ibdesk.assets import resource
from ibdesk.demo.portal.calls import Answer

#: What the real gateway answers when a sign-in succeeded (reference/client-portal-api.md 1.8).
SUCCEEDS = Answer(body=b"Client login succeeds", content_type="text/plain")


def sign_in_page(problem: str = "") -> Answer:
    """The form; `problem` is shown above it."""
    return _page("sign_in.html", problem=problem)


def second_factor_page(code: str) -> Answer:
    """The pretend phone approval with the code both sides show."""
    return _page("second_factor.html", code=code)


def _page(name: str, **values: str) -> Answer:
    style = resource("demo", "sign_in.css").read_text(encoding="utf-8")
    text = Template(resource("demo", name).read_text(encoding="utf-8")).substitute(values, style=style)
    return Answer(body=text.encode(), content_type="text/html")
