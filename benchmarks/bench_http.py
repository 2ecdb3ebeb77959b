"""G1: position pages over TLS, ibdesk's Portal client against ibind's, with a bare socket as the floor.

A responder in a process of its own answers 100 pages of 100 positions, encoded beforehand, and then empty ones. Each
method fetches all of them up to the first empty one: ibind and the floor one after another, ibdesk as its app does,
up to three together, which costs it two more empty ones. The methods run in random order within each round; figures
are medians of the rounds. "CPU" is this process's.

All end with every position's values: ibind as dictionaries of text, int and float, ibdesk and the floor as typed rows
whose figures are still text, exact to the digit. The app turns each figure it needs into a Decimal once, when it makes
domain values; ibind has no such step, so it has a line of its own and no goal. Exit code 1 on a missed goal.
"""

import asyncio
import contextlib
import itertools
import json
import os
import random
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

PAGES, ROWS, ROUNDS = 100, 100, 9
ACCOUNT = "DU7654321"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\n"
CHUNK = 8192  # the real gateway drops Content-Length and passes an answer on in pieces of its HTTP library's size
WALL_GOAL, CPU_GOAL = 3.5, 4.0  # reference: performance.md, the first table


# --- the responder, a process of its own --------------------------------------------------------------------------


def position(number: int) -> dict[str, object]:
    """One row as the real gateway sends it once both halves are known: about 1.2 kB, more than anybody reads."""
    price = round(20 + number % 700 + (number % 97) / 100, 4)
    quantity = float(number % 900 + 1)
    rules = [{"lowerEdge": 0.0, "increment": 0.0001}, {"lowerEdge": 1.0, "increment": 0.01}]
    return {
        "acctId": ACCOUNT, "conid": 100_000 + number, "contractDesc": f"SYM{number}", "position": quantity,
        "mktPrice": price, "mktValue": round(price * quantity, 4), "currency": "USD", "avgCost": round(price * 0.93, 6),
        "avgPrice": round(price * 0.93, 6), "realizedPnl": 0.0, "unrealizedPnl": round(price * quantity * 0.07, 4),
        "exchs": None, "expiry": None, "putOrCall": None, "multiplier": 0.0, "strike": "0", "exerciseStyle": None,
        "conExchMap": [], "assetClass": "STK", "undConid": 0, "model": "", "time": 41,
        "chineseName": "&#x682A;&#x5F0F;",
        "allExchanges": "AMEX,NYSE,CBOE,PHLX,ISE,CHX,ARCA,ISLAND,DRCTEDGE,BEX,BATS,EDGEA,JEFFALGO,BYX,IEX,FOXRIVER,"
        "PEARL,NYSENAT,LTSE,MEMX,TPLUS1,IBEOS,OVERNIGHT,PSX", "listingExchange": "NASDAQ", "countryCode": "US",
        "name": f"SAMPLE COMPANY {number} INCORPORATED", "lastTradingDay": None, "group": "Computers",
        "sector": "Technology", "sectorGroup": "Computers", "ticker": f"SYM{number}", "type": "COMMON",
        "undComp": None, "undSym": None, "hasOptions": True, "fullName": f"SYM{number}", "isUS": True,
        "incrementRules": rules, "displayRule": {"magnification": 0, "displayRuleStep": [
            {"decimalDigits": 2, "lowerEdge": 0.0, "wholeDigits": 4}]},
        "isEventContract": False, "pageSize": 100, "crossCurrency": False,
    }


def page_path(page: int) -> str:
    return f"/v1/api/portfolio/{ACCOUNT}/positions/{page}"


def answers() -> dict[bytes, bytes]:
    """The whole answer, header and body, by request target."""
    found = {}
    for page in range(PAGES + 3):
        numbers = range(page * ROWS, (page + 1) * ROWS if page < PAGES else page * ROWS)
        body = json.dumps([position(number) for number in numbers], separators=(",", ":")).encode()
        found[page_path(page).encode()] = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + in_chunks(body)
        found[page_path(page).encode() + b"?whole"] = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    return found


def in_chunks(body: bytes) -> bytes:
    parts = (body[at:at + CHUNK] for at in range(0, len(body), CHUNK))
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def respond(folder: Path) -> None:
    """Serve until standard input closes; the first line printed is the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "gateway.pem")
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # the real gateway refuses 1.3
    prepared = answers()

    def converse(plain: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as peer:
            received = b""
            while chunk := peer.recv(65536):
                received += chunk
                while b"\r\n\r\n" in received:
                    head, _, received = received.partition(b"\r\n\r\n")
                    peer.sendall(prepared[head.split(b" ", 2)[1]])

    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            plain, _ = server.accept()
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=converse, args=(plain,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print(server.getsockname()[1], flush=True)
    sys.stdin.read()


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Where the responder listens and what its certificate is. `sha256` is hex in pairs."""

    port: int
    certificate: Path
    sha256: str


@contextlib.contextmanager
def responder() -> Iterator[Responder]:
    with tempfile.TemporaryDirectory(prefix="ibdesk-bench-") as name:
        folder = Path(name)
        der = write_certificate(folder / "gateway.pem")
        command = [sys.executable, __file__, "--respond", name]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None and process.stdin is not None
            port = int(process.stdout.readline())
            digest = sha256(der).hexdigest().upper()
            pin = ":".join(digest[at:at + 2] for at in range(0, len(digest), 2))
            yield Responder(port=port, certificate=folder / "gateway.pem", sha256=pin)
            process.stdin.close()


def write_certificate(path: Path) -> bytes:
    """A key and a self-signed certificate of a day; returns the certificate's DER form."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return certificate.public_bytes(serialization.Encoding.DER)


# --- the methods: each fetches every page and returns how many positions it read -----------------------------------

Method = Callable[[], int]


def total(read: Callable[[int], int]) -> int:
    """Page after page until one is empty."""
    return sum(itertools.takewhile(bool, map(read, itertools.count())))


@contextlib.contextmanager
def with_ibind(server: Responder) -> Iterator[Method]:
    """ibind the way its own documents use it: its defaults, its file log, one session."""
    os.environ.update(IBIND_LOGS_DIR=str(server.certificate.parent / "ibind"), IBIND_LOG_TO_CONSOLE="false")
    warnings.simplefilter("ignore")  # it asks without verifying, and urllib3 says so
    from ibind import IbkrClient, ibind_logs_initialize

    ibind_logs_initialize()
    client = IbkrClient(account_id=ACCOUNT, port=str(server.port))

    def fetch() -> int:
        return total(lambda page: len(client.positions(page=page).data))

    yield fetch
    client.close()


@contextlib.contextmanager
def with_ibdesk(server: Responder, *, into_domain: bool = False) -> Iterator[Method]:
    """ibdesk's client with everything on: pinned TLS, request budget, judged answers, one audit record a call.

    The budget is wide open, or it would be measured instead. `into_domain` goes on to frozen domain positions.
    """
    from ibdesk.brokers.base import Connection
    from ibdesk.brokers.http import Http
    from ibdesk.brokers.portal import endpoints
    from ibdesk.brokers.portal.answers import judge
    from ibdesk.brokers.portal.pages import every_page
    from ibdesk.brokers.portal.parse import positions as parse
    from ibdesk.brokers.throttle import Budget, Throttle
    from ibdesk.domain.accounts import AccountId, Environment

    def now() -> datetime:
        return datetime.now(UTC)

    account, calls = AccountId(ACCOUNT), []
    budget = Budget(per_second=1_000_000, limits=endpoints.LIMITS)
    throttle = Throttle(budget, clock=now, on_rate=lambda _state: None)
    connection = Connection(
        url=f"https://127.0.0.1:{server.port}", environment=Environment.DEMO, certificate_sha256=server.sha256)
    http = Http(connection, base=endpoints.BASE, judge=judge, throttle=throttle, on_call=calls.append, clock=now)

    async def fetch(page: int) -> bytes:
        return await http.call("GET", endpoints.positions(account, page))

    async def fetch_all() -> int:
        calls.clear()
        count = 0
        async for page in every_page(fetch):
            if into_domain:
                holdings = parse.Holdings()
                holdings.add(parse.lines(page, account, {}))
                page = holdings.positions
            count += len(page)
        assert PAGES < len(calls) <= PAGES + 3
        return count

    with asyncio.Runner() as runner:
        runner.run(http.open())
        yield lambda: runner.run(fetch_all())
        runner.run(http.close())


@contextlib.contextmanager
def with_bare_socket(server: Responder) -> Iterator[Method]:
    """The floor: a blocking socket, one buffer, ibdesk's typed rows, and nothing that makes a client safe to use."""
    import msgspec

    from ibdesk.brokers.portal.parse.positions import Row

    context = ssl.create_default_context(cafile=str(server.certificate))
    context.check_hostname = False
    plain = socket.create_connection(("127.0.0.1", server.port))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    decoder = msgspec.json.Decoder(list[Row], strict=False)
    buffer = memoryview(bytearray(1 << 20))

    def one(peer: ssl.SSLSocket, page: int) -> int:
        peer.sendall(f"GET {page_path(page)}?whole HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        filled = peer.recv_into(buffer)
        while (end := bytes(buffer[:filled]).find(b"\r\n\r\n")) < 0:
            filled += peer.recv_into(buffer[filled:])
        whole = end + 4 + int(bytes(buffer[:end]).split(b"Content-Length: ")[1].split(b"\r\n")[0])
        while filled < whole:
            filled += peer.recv_into(buffer[filled:])
        return len(decoder.decode(buffer[end + 4:whole]))

    with context.wrap_socket(plain) as peer:
        yield lambda: total(lambda page: one(peer, page))


# --- the judgement ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Microseconds a position."""

    wall: float
    cpu: float


def measure(methods: dict[str, Method]) -> dict[str, Cost]:
    for method in methods.values():  # connections open, caches warm
        assert method() == PAGES * ROWS
    spent: dict[str, list[Cost]] = {name: [] for name in methods}
    order = random.Random(20261121)
    for _ in range(ROUNDS):
        for name in order.sample(sorted(methods), len(methods)):
            wall, cpu = time.perf_counter(), time.process_time()
            methods[name]()
            per = 1e6 / (PAGES * ROWS)
            spent[name].append(Cost(
                wall=(time.perf_counter() - wall) * per, cpu=(time.process_time() - cpu) * per))
    return {
        name: Cost(wall=statistics.median(each.wall for each in costs), cpu=statistics.median(c.cpu for c in costs))
        for name, costs in spent.items()
    }


def main() -> int:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(responder())
        methods = {
            "ibind": stack.enter_context(with_ibind(server)),
            "ibdesk": stack.enter_context(with_ibdesk(server)),
            "ibdesk, into domain values": stack.enter_context(with_ibdesk(server, into_domain=True)),
            "floor: bare socket": stack.enter_context(with_bare_socket(server)),
        }
        costs = measure(methods)
    floor = costs["floor: bare socket"]
    print(f"G1  {PAGES} pages of {ROWS} positions over TLS, microseconds a position, median of {ROUNDS} rounds")
    print("    ibind: dictionaries, a page at a time; ibdesk: typed rows, figures as exact text, three pages in flight")
    print("    into domain values: the same and a Decimal of every figure, as the app does it once; no goal\n")
    print(f"  {'':28}{'wall':>8}{'CPU':>8}{'wall/floor':>12}{'CPU/floor':>12}")
    for name, cost in costs.items():
        print(f"  {name:28}{cost.wall:8.2f}{cost.cpu:8.2f}{cost.wall / floor.wall:12.2f}{cost.cpu / floor.cpu:12.2f}")
    wall, cpu = costs["ibind"].wall / costs["ibdesk"].wall, costs["ibind"].cpu / costs["ibdesk"].cpu
    held = wall >= WALL_GOAL and cpu >= CPU_GOAL
    print(f"\n  ibind / ibdesk: wall {wall:.2f} (goal >= {WALL_GOAL}), CPU {cpu:.2f} (goal >= {CPU_GOAL}): "
          + ("held" if held else "MISSED"))
    return 0 if held else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--respond"]:
        respond(Path(sys.argv[2]))
        sys.exit(0)
    sys.exit(main())
