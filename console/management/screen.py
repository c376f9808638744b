"""What a picture is taken of: see `screens` for the small language of `do`."""

from dataclasses import dataclass

WIDE, PHONE = 1280, 375


@dataclass(frozen=True, slots=True)
class Screen:
    name: str
    path: str
    do: tuple[str, ...] = ()
    who: str = "project-regular"
    widths: tuple[int, ...] = (WIDE, PHONE)
    docs: bool = False  # one of the few that README and docs show
    whole: bool = True  # the whole page; else what fits on the screen
    scripts: bool = True
