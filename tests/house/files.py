"""What belongs to the project: the files under its folder that are, or could be, committed."""

import ast
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "ibdesk"
MADE = {"shots", "build", "dist", "__pycache__"}  # what .gitignore names, for a copy without git
BINARY = {".png", ".ico", ".icns", ".ttf", ".vault", ".gz", ".zip"}


@cache
def project_files() -> tuple[Path, ...]:
    """Every file of the project, committed or about to be."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        paths = [ROOT / name for name in listed.split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not _is_made(path.relative_to(ROOT))]
    return tuple(sorted(path for path in paths if path.is_file()))


def _is_made(path: Path) -> bool:
    return bool(MADE & set(path.parts)) or any(part.startswith(".") and part != ".ci" for part in path.parts)


def text_files() -> list[Path]:
    """Every file of the project that a person can read."""
    return [path for path in project_files() if path.suffix not in BINARY]


def modules(*rooms: str) -> list[Path]:
    """Every Python file of the package, or of some of its rooms."""
    folders = [PACKAGE / room for room in rooms] or [PACKAGE]
    return [path for path in project_files() if path.suffix == ".py" and any(path.is_relative_to(f) for f in folders)]


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of one Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    """The path as people write it: from the project's folder, with forward slashes."""
    return path.relative_to(ROOT).as_posix()
