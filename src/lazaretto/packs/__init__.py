"""Shipped data: protocols as YAML, pathogens as a table. A pack is found by the name of its file."""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from lazaretto.protocol import goods as wares
from lazaretto.protocol import pathogens as catalogue
from lazaretto.protocol.goods import GoodsClass
from lazaretto.protocol.load import Loaded, load
from lazaretto.protocol.pathogens import Pathogen

#: What a file beside another may be called in `extends`: never a path.
SAFE = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")


def names() -> list[str]:
    """Return the ids of all shipped protocols."""
    return sorted(item.name.removesuffix(".yaml") for item in files(__name__).iterdir() if item.name.endswith(".yaml"))


def read(pack: str) -> tuple[str, str]:
    """Return (file name, text) of a pack. :raises KeyError: if there is none of that name."""
    if pack not in names():
        raise KeyError(pack)
    return f"{pack}.yaml", files(__name__).joinpath(f"{pack}.yaml").read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def shipped(pack: str) -> Loaded:
    """Return a shipped protocol. :raises KeyError: if there is none of that name."""
    file, text = read(pack)
    return load(text, file, read)


def open_protocol(pack_or_file: str) -> Loaded:
    """
    Return a protocol by the name of a pack or the path of a YAML file, which may extend a pack or a file beside it.

    :raises KeyError: if it is neither. :raises ProtocolError: if it has mistakes.
    """
    if pack_or_file in names():
        return shipped(pack_or_file)
    path = Path(pack_or_file)
    if not path.is_file():
        raise KeyError(pack_or_file)

    def library(name: str) -> tuple[str, str]:
        if name in names() or not SAFE.fullmatch(name):
            return read(name)
        beside = path.with_name(f"{name}.yaml")
        return (beside.name, beside.read_text(encoding="utf-8-sig")) if beside.is_file() else read(name)

    return load(path.read_text(encoding="utf-8-sig"), path.name, library)


@lru_cache(maxsize=1)
def pathogens() -> dict[str, Pathogen]:
    """Return the shipped catalogue of pathogens by id."""
    return catalogue.read(files(__name__).joinpath("pathogens.csv").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def goods() -> Mapping[str, GoodsClass]:
    """Return the classes of goods by id: agent, contact time, cold chain."""
    return wares.read(files(__name__).joinpath("goods.csv").read_text(encoding="utf-8"))
