"""A sentence in the two languages that every user-facing word exists in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence, in Simplified Chinese and in English."""

    zh: str
    en: str

    def in_(self, language: str) -> str:
        """Return the sentence in `language` (`zh…` or anything else for English)."""
        return self.zh if language.startswith("zh") else self.en

    def format(self, **values: object) -> "Text":
        """Return both sentences with `values` filled in."""
        return Text(self.zh.format(**values), self.en.format(**values))

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"
