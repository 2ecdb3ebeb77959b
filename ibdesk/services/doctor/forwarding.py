"""Which programs only pass a port on to where the gateway really runs, and how that reads."""

from ibdesk.domain.diagnosis import GatewayProcess

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
