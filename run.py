#!/usr/bin/env python3
"""Knows how to bring a fresh machine to a running ibdesk: system libraries, environment, locked packages, hand-over.

Standard library only, and readable by older Pythons, so that the first thing a wrong version sees is a sentence.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "ibdesk-setup.json"  # written last: without it, what is in .venv cannot be trusted
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
BASE = "requirements.lock"  # what the environment is made of
OLDEST, TOO_NEW = (3, 11), (3, 15)  # requires-python of pyproject.toml

USAGE = """\
usage: python3 run.py COMMAND [ARGS]

  demo                 the demo desk: a window, or without a display the whole tour by itself
  demo --shots DIR     the whole tour by itself, with a picture of every page in DIR
  demo --window        the window, whatever the display looks like
  demo --xvfb          on Linux: draw on a virtual display instead of off screen
  app [ARGS]           open the desk
  test [--xvfb] [ARGS] the tests; ARGS go to pytest. Without any, those of TWS also run with its other library
  test --ib_async      those of TWS with its other library alone
  bench [NAME ...]     the benchmarks, all or those named (for example: http)
  -- VERB [ARGS]       any verb of the ibdesk command line (for example: -- health)

Everything ibdesk needs is set up on the first run, in the folder .venv beside this file."""

# The other library for the socket of TWS cannot live beside the first: an environment of its own, and what runs in it.
OTHER_BASE = "tests/ib_async.lock"
OTHER_TESTS = [
    "tests/brokers/tws", "tests/demo/tws/test_peer_library.py", "tests/demo/tws/test_peer_faults.py",
    "tests/journeys/test_j2_live.py", "tests/journeys/test_j3_over_tws.py", "tests/journeys/test_j6_tws_dies.py",
    "tests/journeys/test_tws_days.py",
]

# Shared library -> Debian and Ubuntu package. Found in a bare Debian 12 with nothing but Python: Qt's import and its
# off-screen platform need the first table, a window on X11 the second, one on Wayland the third.
QT_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
}
X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
WAYLAND_LIBRARIES = {"libwayland-cursor.so.0": "libwayland-cursor0"}

# One layer of packages each: lock file -> what pip is told besides. ibind exists as source only; the setuptools that
# builds it is pinned in the first lock, so nothing unpinned is fetched for the build either.
LAYERS = {
    "requirements.lock": ["--only-binary", ":all:"],
    "tests/ib_async.lock": ["--only-binary", ":all:"],
    "tests/peers.lock": ["--no-deps", "--no-build-isolation", "--use-pep517"],
    "benchmarks/requirements.lock": ["--only-binary", ":all:"],
}


class SetupError(Exception):
    """Set-up cannot go on; the text says what the person does next."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# --- what the machine must bring ---------------------------------------------------------------------------------


def check_python() -> None:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if sys.version_info < OLDEST:
        raise SetupError(f"ibdesk needs Python 3.11 or later; this is Python {version}. "
                         "Install a newer Python and run the same command with it.")
    if sys.version_info >= TOO_NEW:
        raise SetupError(f"ibdesk runs on Python 3.11 to 3.14; this is Python {version}. "
                         "Run the same command with one of those.")
    if sys.maxsize < 2**32:
        raise SetupError("ibdesk needs a 64-bit Python; this one is 32-bit. Install the 64-bit one.")


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_packages(*, qt: bool, window: bool, xvfb: bool) -> list[str]:
    """Return the Debian packages that lack for this command, none on other systems than Linux."""
    if not sys.platform.startswith("linux"):
        return []
    wanted = dict(QT_LIBRARIES) if qt else {}
    if window and (xvfb or os.environ.get("DISPLAY")):
        wanted.update(X11_LIBRARIES)
    elif window and os.environ.get("WAYLAND_DISPLAY"):
        wanted.update(WAYLAND_LIBRARIES)
    packages = [package for library, package in wanted.items() if not loads(library)]
    if xvfb and not shutil.which("Xvfb"):
        packages.append("xvfb")
    if importlib.util.find_spec("ensurepip") is None and not is_ready([]):
        packages.append(f"python{sys.version_info[0]}.{sys.version_info[1]}-venv")
    return packages


def install_packages(packages: list[str]) -> None:
    """Install `packages` with apt-get when root; otherwise stop with the line that does it."""
    if not packages:
        return
    names = " ".join(packages)
    if not shutil.which("apt-get"):
        raise SetupError("These system packages (named as on Debian) are missing: " + names
                         + ". Install your system's counterparts and run the same command again.")
    if os.geteuid() != 0:
        raise SetupError("Some system packages are missing. Install them and run the same command again:\n\n"
                         f"    sudo apt-get install -y --no-install-recommends {names}")
    say(f"Installing system packages with apt-get (as root, once): {names}")
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    if run_quietly(install, env)[0] == 0:
        return
    run_quietly(["apt-get", "update", "-q"], env)  # a fresh machine has no package lists yet
    code, tail = run_quietly(install, env)
    if code != 0:
        raise SetupError(f"apt-get could not install {names}. Its last words:\n\n{tail}\n\n"
                         "Repair that, or install the packages yourself, and run the same command again.")


# --- the environment ---------------------------------------------------------------------------------------------


def digest(lock: str) -> str:
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()


def fingerprint() -> dict[str, str]:
    """Return what makes an environment ours: this folder, this Python, this processor."""
    tag = sys.implementation.cache_tag or sys.implementation.name
    return {"folder": str(VENV), "python": tag, "machine": platform.machine()}


def stamp() -> dict[str, str]:
    try:
        found = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def is_usable() -> bool:
    """Return whether .venv is finished, was made here for this Python, and its Python still starts."""
    written = stamp()
    ours = all(written.get(key) == value for key, value in fingerprint().items())
    if not ours or written.get(BASE) != digest(BASE):
        return False
    try:
        probe = subprocess.run([str(PYTHON), "-I", "-c", "import pip"], check=False, capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return probe.returncode == 0


def is_ready(layers: list[str]) -> bool:
    written = stamp()
    return is_usable() and all(written.get(lock) == digest(lock) for lock in layers)


def make_environment() -> None:
    if VENV.exists() or VENV.is_symlink():
        say(f"Making the environment in {VENV.name} anew (it was unfinished, moved, or made for something else).")
        try:
            VENV.unlink() if VENV.is_symlink() else shutil.rmtree(VENV)
        except OSError as error:
            raise SetupError(f"The folder {VENV.name} cannot be replaced ({error.strerror}). Close every running "
                             "ibdesk, delete that folder and run the same command again.") from error
    base = getattr(sys, "_base_executable", None) or sys.executable  # never the one inside the .venv just deleted
    code, tail = run_quietly([base, "-m", "venv", str(VENV)], clean_environment())
    if code != 0:
        raise SetupError(f"Python could not make an environment in {VENV.name}:\n\n{tail}\n\n"
                         "Check the disk space and the permissions of this folder and run the same command again.")


def install_layer(lock: str) -> None:
    say(f"Installing the packages of {lock}, each checked against its hash (once) ...")
    started = time.monotonic()
    command = [str(PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--require-hashes",
               *LAYERS[lock], "-r", str(ROOT / lock)]
    code, tail = run_quietly(command, clean_environment())
    if code != 0:
        raise SetupError(f"pip could not install {lock}. Its last words:\n\n{tail}\n\n"
                         "Check the network and pip's own configuration and run the same command again. ibdesk needs "
                         "64-bit Windows 10, macOS 14, or Linux with glibc 2.34 (2.39 on arm64), or later.")
    say(f"  done in {time.monotonic() - started:.0f} s")


def set_up(layers: list[str]) -> None:
    """Bring .venv to `requirements.lock` and `layers`; an interrupted run is healed by the next one."""
    if is_ready(layers):
        return
    wanted = list(layers)
    if not is_usable():
        make_environment()
        wanted.insert(0, BASE)
    written = {**stamp(), **fingerprint()}
    STAMP.unlink(missing_ok=True)
    for lock in wanted:
        if written.get(lock) != digest(lock):
            install_layer(lock)
            written[lock] = digest(lock)
    unfinished = STAMP.with_suffix(".part")
    unfinished.write_text(json.dumps(written, indent=1), encoding="utf-8")
    unfinished.replace(STAMP)


def go_to_other_environment() -> None:
    """From here on everything is about .venv-ib_async."""
    global VENV, STAMP, PYTHON, BASE
    other = ROOT / ".venv-ib_async"
    PYTHON, STAMP = other / PYTHON.relative_to(VENV), other / STAMP.name
    VENV, BASE = other, OTHER_BASE


def clean_environment() -> dict[str, str]:
    """Return the environment without what would lead Python or pip away from .venv; pip's index settings stay."""
    astray = {"PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_ROOT", "VIRTUAL_ENV",
              "__PYVENV_LAUNCHER__"}
    return {name: value for name, value in os.environ.items() if name not in astray}


def run_quietly(command: list[str], env: dict[str, str]) -> tuple[int, str]:
    """Run `command` to its end; return its exit code and its last lines, addresses of package servers taken out."""
    done = subprocess.run(command, check=False, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace")
    lines = [line for line in done.stdout.splitlines() if line.strip() and "Looking in" not in line]
    tail = "\n".join("    " + line for line in lines[-12:])
    tail = re.sub(r"\b[a-z][a-z0-9+.-]*://\S+", "(address)", tail)
    return done.returncode, re.sub(r"host='[^']*'", "host=(address)", tail)


# --- the commands ------------------------------------------------------------------------------------------------


def has_display() -> bool:
    return not sys.platform.startswith("linux") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def take(option: str, args: list[str]) -> bool:
    """Remove the flag `option` from `args` and return whether it was there."""
    found = option in args
    args[:] = [arg for arg in args if arg != option]
    return found


def desk_environment(*, offscreen: bool) -> dict[str, str]:
    env = clean_environment()
    env["PYTHONPATH"] = str(ROOT)
    if offscreen:
        env.setdefault("QT_QPA_PLATFORM", "offscreen")
    return env


def hand_over(args: list[str], env: dict[str, str], *, xvfb: bool = False, folder: Path | None = None) -> int:
    """Let the environment's Python go on with `args`; return its exit code where it does not replace this process."""
    command = [str(PYTHON), "-P", *args]
    if xvfb:
        return under_xvfb(command, env, folder)
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        os.chdir(folder or Path.cwd())
        os.execve(command[0], command, env)
    return wait_for(subprocess.Popen(command, env=env, cwd=folder))


def under_xvfb(command: list[str], env: dict[str, str], folder: Path | None) -> int:
    """Run `command` on a virtual display of its own; Xvfb picks a free number and is ended by its process."""
    reader, writer = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", "1920x1200x24", "-nolisten", "tcp"],
                              pass_fds=(writer,), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        os.close(writer)
        with os.fdopen(reader) as ready:
            number = ready.readline().strip()
        if not number:
            raise SetupError("Xvfb did not start. Run the same command without --xvfb.")
        env = dict(env, DISPLAY=f":{number}", QT_QPA_PLATFORM="xcb", IBDESK_XVFB="1")
        env.pop("WAYLAND_DISPLAY", None)
        return wait_for(subprocess.Popen(command, env=env, cwd=folder))
    finally:
        server.terminate()
        server.wait()


def wait_for(child: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # the child got it too and ends in its own order
            continue


def run_demo(args: list[str]) -> int:
    xvfb, window = take("--xvfb", args), take("--window", args)
    alone = any(arg.split("=")[0] in ("--shots", "--serve") for arg in args)
    window = not alone and not xvfb and (window or has_display())
    prepare(qt="--serve" not in args, window=window or xvfb, xvfb=xvfb)
    if window:
        return hand_over(["-m", "ibdesk", "demo", *args], desk_environment(offscreen=False))
    if not alone:
        args = ["--shots", "shots", *args]
        say("No window here: the demo desk does its whole tour by itself; the pictures go to the folder shots.")
    return hand_over(["-m", "ibdesk", "demo", *args], desk_environment(offscreen=True), xvfb=xvfb)


def run_app(args: list[str]) -> int:
    prepare(window=has_display())
    if not has_display():
        say("There is no display here, so the desk runs unseen. For pictures of it: python3 run.py demo --shots DIR")
    return hand_over(["-m", "ibdesk", *args], desk_environment(offscreen=not has_display()))


def run_verb(args: list[str]) -> int:
    prepare(qt=not args or ("demo" in args and "--serve" not in args))  # all others need no Qt
    return hand_over(["-m", "ibdesk", *args], desk_environment(offscreen=not has_display()))


def run_tests(args: list[str]) -> int:
    xvfb, other = take("--xvfb", args), take("--ib_async", args)
    prepare([] if other else ["tests/peers.lock"], window=xvfb, xvfb=xvfb)
    env = desk_environment(offscreen=True)
    if other:
        return run_tests_of_other_library(env)
    if args or xvfb:
        return hand_over(["-m", "pytest", *args], env, xvfb=xvfb, folder=ROOT)
    code = wait_for(subprocess.Popen([str(PYTHON), "-P", "-m", "pytest"], env=env, cwd=ROOT))
    return code or run_tests_of_other_library(env)


def run_tests_of_other_library(env: dict[str, str]) -> int:
    """Run what is about the socket of TWS once more, with the library that newer Pythons have."""
    go_to_other_environment()
    set_up([])
    say("Once more with ib_async: " + " ".join(OTHER_TESTS))
    return wait_for(subprocess.Popen([str(PYTHON), "-P", "-m", "pytest", *OTHER_TESTS], env=env, cwd=ROOT))


def run_benchmarks(names: list[str]) -> int:
    prepare(["tests/peers.lock", "benchmarks/requirements.lock"])
    files = [ROOT / "benchmarks" / f"bench_{name}.py" for name in names]
    files = files or sorted((ROOT / "benchmarks").glob("bench_*.py"))
    missing = [file.name for file in files if not file.exists()]
    if missing:
        raise SetupError(f"There is no benchmark {', '.join(missing)} in the folder benchmarks.")
    env = desk_environment(offscreen=True)
    codes = [wait_for(subprocess.Popen([str(PYTHON), str(file)], env=env, cwd=ROOT)) for file in files]
    return max(codes, key=abs, default=0)


def prepare(layers: list[str] | None = None, *, qt: bool = True, window: bool = False, xvfb: bool = False) -> None:
    install_packages(missing_packages(qt=qt, window=window, xvfb=xvfb))
    set_up(layers or [])


COMMANDS = {"demo": run_demo, "app": run_app, "test": run_tests, "bench": run_benchmarks, "--": run_verb}


def main(argv: list[str]) -> int:
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(USAGE)
        return 0 if argv else 2
    if argv[0] not in COMMANDS:
        say(f"run.py knows no command {argv[0]!r}.\n\n{USAGE}")
        return 2
    try:
        check_python()
        return COMMANDS[argv[0]](list(argv[1:]))
    except SetupError as error:
        say(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped. The next run takes up where set-up was left.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
