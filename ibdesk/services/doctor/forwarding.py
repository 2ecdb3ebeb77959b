"""Where the gateway may be besides the port the desk looks at: behind a program that passes the port on, or at
another port; and how that reads."""

from urllib.parse import urlsplit

from ibdesk.domain.diagnosis import Check, Examined, Fix, GatewayProcess, Verdict
from ibdesk.domain.settings import Settings
from ibdesk.services.doctor.sources import found

#: Ending one of these cuts the way and mends nothing: docker's, podman's and Windows' own, and tunnels.
_FORWARDERS = (
    "docker-proxy", "com.docker.backend", "rootlessport", "slirp4netns", "pasta", "vpnkit", "gvproxy", "limactl",
    "wslrelay", "ssh", "sshd", "socat", "kubectl",
)  # fmt: skip


def is_forwarder(process: GatewayProcess) -> bool:
    """Whether the program that has the port is known to pass it on."""
    return process.owner.lower().removesuffix(".exe") in _FORWARDERS


def behind(process: GatewayProcess) -> str:
    """Where a gateway is that answers at a port of another program."""
    if process.owner:
        return f"behind {process.owner} (process {process.pid})"
    return "under another user of this computer or behind a program the system does not name"


def beside(check: Check, verdict: Verdict, port: int, url: str, settings: Settings, *facts: str) -> Examined:
    """The gateway runs at a port, and the desk looks at the address `url`: starting it again would mend nothing."""
    if settings.gateway_url or settings.gateway_port != port:
        advice, fix = f"Set the gateway's port to {port} in Settings.", Fix.OPEN_SETTING
        target = "gateway_url" if settings.gateway_url else "gateway_port"
        if settings.gateway_url:
            advice = f"Set the gateway's address to port {port} in Settings."
    else:  # the desk was connected at that address, not by a setting
        advice, fix, target = f"Connect to the gateway at port {port}.", Fix.CONNECT, ""
    return found(
        check, verdict, f"The gateway runs at port {port}, and ibdesk looks for it at {url}.", advice, *facts, fix=fix,
        target=target,
    )


def port_of(url: str) -> int | None:
    """The port an address means; None for no address."""
    try:
        parts = urlsplit(url)
        return parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
