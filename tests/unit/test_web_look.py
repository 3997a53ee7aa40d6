"""The tokens are readable in both themes, and no template has a colour of its own."""

import re
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[2] / "src" / "lazaretto"
CSS = WEB / "web" / "static" / "web"
STATES = ("ok", "due", "late", "missed", "excused", "unknown", "refused", "hold", "alert")


def blocks() -> dict[str, dict[str, str]]:
    text = (CSS / "tokens.css").read_text()
    found = {}
    for name, pattern in (
        ("light", r":root \{(.*?)\}"),
        ("dark", r"\[data-bs-theme=dark\] \{(.*?)\}"),
        ("auto", r"\[data-bs-theme=auto\] \{(.*?)\}"),
    ):
        match = re.search(pattern, text, re.S)
        assert match
        found[name] = dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", match[1]))
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert round(contrast("#FFFFFF", "#000000"), 1) == 21.0
    assert round(contrast("#15202B", "#FFFFFF"), 1) == 16.5


def test_dark_by_choice_is_dark_by_the_system() -> None:
    tokens = blocks()
    assert tokens["dark"] == tokens["auto"]
    assert tokens["dark"].keys() == tokens["light"].keys()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_marks_stand_out(theme: str) -> None:
    tokens = blocks()[theme]
    grounds = ("surface", "canvas", "sunken")
    weak = [
        (t, g) for t in ("ink", "ink-2", "ink-3", "accent") for g in grounds if contrast(tokens[t], tokens[g]) < 4.5
    ]
    weak += [
        (f"{s}-fg", g) for s in STATES for g in ("surface", f"{s}-tint") if contrast(tokens[f"{s}-fg"], tokens[g]) < 4.5
    ]
    weak += [(f"{s}-mark", "surface") for s in STATES if contrast(tokens[f"{s}-mark"], tokens["surface"]) < 3]
    weak += [("line-strong", g) for g in ("surface", "canvas") if contrast(tokens["line-strong"], tokens[g]) < 3]
    weak += [("on-accent", "accent")] if contrast(tokens["on-accent"], tokens["accent"]) < 4.5 else []
    weak += [("accent", "accent-weak")] if contrast(tokens["accent"], tokens["accent-weak"]) < 4.5 else []
    assert weak == []


def test_no_template_has_a_colour_or_a_style_of_its_own() -> None:
    for path in WEB.rglob("templates/**/*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b(?=[;\"'])", text), path
            assert not re.search(r"\sstyle=|<style", text), path
