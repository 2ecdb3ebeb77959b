"""What a failure below HTTP means to a person: refused, silent, not encrypted, another certificate."""

import ssl

import aiohttp

from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Unavailable

#: What OpenSSL calls "that was no TLS at all", by version.
_NOT_TLS = (
    "WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG",
)


def failure_of(problem: BaseException, url: str) -> DeskError:
    """What a failure below HTTP means. One line a case, the first that fits."""
    match problem:
        case aiohttp.ServerFingerprintMismatch():
            return NeedsPerson(
                f"The gateway at {url} shows another certificate than the one you trusted. Nothing was sent.",
                remedy="If you reinstalled the gateway, trust its new certificate; else find out what runs there.",
                cause=Cause.CERTIFICATE_CHANGED,
            )
        case aiohttp.ClientConnectorError() if isinstance(problem.os_error, ssl.SSLError):
            return _tls_failure(problem.os_error, url)
        case ssl.SSLError():
            return _tls_failure(problem, url)
        case TimeoutError():
            return Unavailable(
                f"The gateway at {url} did not answer in time.",
                remedy="Check the internet connection; the gateway waits for ever when it cannot reach the broker.",
                cause=Cause.TIMED_OUT,
            )
        case aiohttp.ServerDisconnectedError() | ConnectionResetError() | aiohttp.ClientPayloadError():
            return Unavailable(
                f"What listens at {url} closed the connection without an answer.",
                remedy="Start the gateway again, and keep encryption on in Settings unless the gateway has it off.",
                cause=Cause.GATEWAY_NOT_RUNNING,
            )
        case aiohttp.ClientResponseError() | aiohttp.InvalidURL():
            return NeedsPerson(
                f"What answers at {url} does not speak HTTP.",
                remedy="Check the port: another program may be using it.", cause=Cause.NOT_A_GATEWAY,
            )
    return Unavailable(
        f"Nothing answers at {url}.", remedy="Start the Client Portal Gateway, or check the address: host and port.",
        cause=Cause.GATEWAY_NOT_RUNNING,
    )


def may_have_arrived(problem: DeskError) -> bool:
    """Whether the request may have reached the other side, although no answer came or none that can be read."""
    match problem.__cause__:
        case aiohttp.ClientConnectorError() | aiohttp.ServerFingerprintMismatch() | aiohttp.InvalidURL():
            return False
        case aiohttp.ClientError() | OSError() | TimeoutError():
            return True
    return False


def _tls_failure(problem: ssl.SSLError, url: str) -> DeskError:
    if problem.reason in _NOT_TLS:
        return NeedsPerson(
            f"The gateway at {url} answers without encryption.",
            remedy="Set listenSsl: true in the gateway's conf.yaml, or turn off encryption to the gateway in Settings.",
            cause=Cause.GATEWAY_PLAIN_HTTP,
        )
    return NeedsPerson(
        f"No encrypted connection to {url} could be made ({problem.reason or 'handshake failed'}).",
        remedy="Check that the Client Portal Gateway runs at this port.", cause=Cause.NOT_A_GATEWAY,
    )
