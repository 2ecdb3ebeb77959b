"""The printed recovery code: 160 random bits as eight groups that notice a slip of the pen."""

import os

# Crockford's alphabet leaves out I, L, O and U, which people misread or mistype.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SECRET_BYTES = 20
GROUPS = 8
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V", " ": "", "-": ""})
_WEIGHTS = (1, 3, 5, 7)  # odd, so that any single wrong letter changes the check letter modulo 32


class MistypedError(ValueError):
    """A recovery code with a slip in it; `group` counts from 1."""

    def __init__(self, group: int) -> None:
        super().__init__(f"group {group} of the recovery code is mistyped")
        self.group = group


def new_secret() -> bytes:
    """160 fresh random bits."""
    return os.urandom(SECRET_BYTES)


def render(secret: bytes) -> str:
    """`secret` as people write it: eight groups of four letters and one check letter."""
    number = int.from_bytes(secret)
    letters = [number >> (5 * place) & 31 for place in reversed(range(GROUPS * 4))]
    groups = [letters[start : start + 4] for start in range(0, GROUPS * 4, 4)]
    return "-".join(_written(group, index) for index, group in enumerate(groups))


def looks_like_one(text: str) -> bool:
    """Whether `text` has the shape of a recovery code, right or wrong."""
    code = text.upper().translate(_MISREAD)
    return len(code) == GROUPS * 5 and all(letter in ALPHABET for letter in code)


def parse(text: str) -> bytes:
    """The secret in a recovery code, however it is spaced; MistypedError names the first wrong group."""
    code = text.upper().translate(_MISREAD)
    number = 0
    for index in range(GROUPS):
        group = [ALPHABET.index(letter) for letter in code[index * 5 : index * 5 + 4]]
        if _written(group, index) != code[index * 5 : index * 5 + 5]:
            raise MistypedError(index + 1)
        for value in group:
            number = number << 5 | value
    return number.to_bytes(SECRET_BYTES)


def _written(group: list[int], index: int) -> str:
    check = sum(weight * value for weight, value in zip(_WEIGHTS, group, strict=True)) + 11 * index
    return "".join(ALPHABET[value] for value in (*group, check % 32))
