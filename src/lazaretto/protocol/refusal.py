"""That a rule says no: which rule, in words, and when it will be possible."""

from lazaretto.protocol.text import Text


class Refusal(Exception):
    """
    A rule of the protocol says no. `code` names the rule, `words` say it to people, `possible_at` is the instant from
    which on it will be possible (None where waiting does not help). It is recorded and never counts against anybody.
    """

    def __init__(self, code: str, words: Text, possible_at: int | None = None) -> None:
        super().__init__(f"{code}: {words.en}")
        self.code, self.words, self.possible_at = code, words, possible_at
