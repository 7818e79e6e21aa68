"""The fonts of the exhibits: weights of the Burmese one, cut from the variable font of its package, and the Latin one.

A PDF lists its fonts in the order of their files' paths. They lie in one folder, so that this is the order of their
names, wherever the study and the environment lie. Neither matplotlib nor Typst takes a weight from a variable font, and
DejaVu Sans, which matplotlib carries, has no Burmese.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

LATIN, BURMESE = "DejaVu Sans", "Findings Myanmar"
_LATIN = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
WEIGHTS = {"Regular": 400, "Bold": 700}
_SOURCE = "fonts/ofl/notosansmyanmar/NotoSansMyanmar[wdth,wght].ttf"


def cut(folder: Path) -> list[Path]:
    """Write the weights to `folder`, the same bytes at every run, and matplotlib's Latin font beside them; their paths.

    The family has a name of its own: the licence (OFL) reserves the font's, and no font of the system is taken for it.
    """
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for style, weight in WEIGHTS.items():
        with TTFont(str(files("justmytype_intl_sea").joinpath(_SOURCE)), recalcTimestamp=False) as variable:
            font = instantiateVariableFont(variable, {"wght": weight, "wdth": 100})
            font["OS/2"].usWeightClass = weight
            bold = style == "Bold"
            font["OS/2"].fsSelection = (font["OS/2"].fsSelection & ~0b1100001) | (0b100000 if bold else 0b1000000)
            font["head"].macStyle = int(bold)
            for name in font["name"].names:
                if name.nameID in (1, 16):
                    name.string = BURMESE
                elif name.nameID in (2, 17):
                    name.string = style
                elif name.nameID in (4, 6):
                    name.string = f"{BURMESE.replace(' ', '')}-{style}"
            path = folder / f"{BURMESE.replace(' ', '')}-{style}.ttf"
            font.save(str(path))
        made.append(path)
    return made + [Path(shutil.copyfile(_latin() / name, folder / name)) for name in _LATIN]


def use(folder: Path) -> None:
    """Make matplotlib know the fonts of `folder`, and those of their names from nowhere else."""
    from matplotlib import font_manager

    manager, paths = font_manager.fontManager, sorted(folder.glob("*.ttf"))
    names = {path.name for path in paths}
    manager.ttflist = [entry for entry in manager.ttflist if Path(entry.fname).name not in names]
    for path in paths:
        manager.addfont(str(path))


def _latin() -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def missing(words: str, folder: Path) -> set[str]:
    """The characters of `words` that neither font has a glyph of; spaces and joiners aside."""
    from fontTools.ttLib import TTFont

    held: set[int] = set()
    for path in (folder / _LATIN[0], *folder.glob("*Regular.ttf")):
        with TTFont(str(path), lazy=True) as font:
            held |= set(font.getBestCmap())
    return {character for character in words if ord(character) not in held and not character.isspace()} - {"\u200b"}


def faces(families: Iterable[Sequence[str]], folder: Path) -> str:
    """CSS of a page that needs no other file: the study's own font inside it, and the fonts that it is set in.

    `families` are those of the captions of each language. Questions stand on a page in every language they were asked
    in, so it is the same for all.
    """
    family = next((names[-1] for names in families if len(names) > 1), None)
    inside = "".join(
        f'@font-face{{font-family:"{family}";font-weight:{weight};src:url(data:font/ttf;base64,{font})}}'
        for weight, font in (inline(folder).items() if family else ())
    )
    stack = f'"{family}",system-ui,sans-serif' if family else "system-ui,sans-serif"
    return f"{inside}body{{font-family:{stack}}}"


def inline(folder: Path) -> dict[int, str]:
    """The Burmese fonts that `cut` wrote, for a page that needs no other file: weight (400, 700) -> base64."""
    return {
        700 if path.stem.endswith("Bold") else 400: base64.b64encode(path.read_bytes()).decode()
        for path in sorted(folder.glob(f"{BURMESE.replace(' ', '')}-*.ttf"))
    }
