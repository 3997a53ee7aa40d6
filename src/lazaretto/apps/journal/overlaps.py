"""
Dated rows of which no two may hold at once: the database itself refuses it, on both engines. Used by migrations.

PostgreSQL gets an EXCLUDE constraint (over ranges, so that no extension is needed), SQLite a trigger before INSERT and
one before UPDATE. SQLite forgets them when a later migration makes the table anew: such a migration ends with the same
`NoOverlap` again, which is safe to repeat. `missing_guards` says what was forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import migrations

_LAST = "9223372036854775807"
_TRIGGER = """
CREATE TRIGGER {name} BEFORE {event} ON {table}
WHEN {new}EXISTS (
    SELECT 1 FROM {table} AS other
    WHERE {same}{old} AND other.id IS NOT NEW.id
      AND {begun}
      AND {not_over}
)
BEGIN SELECT RAISE(ABORT, '{says}'); END
"""
_EVENTS = ("INSERT", "UPDATE")


@dataclass(frozen=True, slots=True)
class Number:
    """A column of numbers that two rows must share to be in each other's way; an empty one is like another empty one."""

    column: str
    empty: bool = False

    def sqlite(self) -> str:
        return f"other.{self.column} {'IS' if self.empty else '='} NEW.{self.column}"

    def postgres(self) -> str:
        value = f"COALESCE({self.column}, 0)" if self.empty else self.column
        return f"int8range({value}, {value}, '[]') WITH &&"


@dataclass(frozen=True, slots=True)
class OneOf:
    """A column of few words, the last of which stands for every other; PostgreSQL compares their places in the list."""

    column: str
    words: tuple[str, ...]

    def sqlite(self) -> str:
        return f"other.{self.column} = NEW.{self.column}"

    def postgres(self) -> str:
        known = " ".join(f"WHEN '{word}' THEN {n}" for n, word in enumerate(self.words[:-1]))
        value = f"CASE {self.column} {known} ELSE {len(self.words) - 1} END"
        return f"int4range({value}, {value}, '[]') WITH &&"


@dataclass(frozen=True, slots=True)
class Texts:
    """Columns of any text; PostgreSQL compares them together, by their 64-bit hash."""

    columns: tuple[str, ...]

    def sqlite(self) -> str:
        return " AND ".join(f"other.{name} IS NEW.{name}" for name in self.columns)

    def postgres(self) -> str:
        together = " || '/' || ".join(self.columns)
        hashed = f"hashtextextended({together}, 0)"
        return f"int8range({hashed}, {hashed}, '[]') WITH &&"


@dataclass(frozen=True, slots=True)
class Word:
    """A column of text; PostgreSQL compares it as it is, by a range type of this name, which is made for it."""

    column: str
    range_type: str

    def sqlite(self) -> str:
        return f"other.{self.column} = NEW.{self.column}"

    def postgres(self) -> str:
        return f"{self.range_type}({self.column}::text, {self.column}::text, '[]') WITH &&"


Key = Number | OneOf | Texts | Word


@dataclass(frozen=True, slots=True)
class Span:
    """The half-open span of a row; an empty end is open. `always` says that each row has a start."""

    starts: str = "starts"
    ends: str = "ends"
    range_type: str = "int8range"
    first: str = f"-{_LAST}"
    last: str = _LAST
    always: bool = False

    def sqlite(self) -> tuple[str, str]:
        """Return when another row has begun before this one ends, and when it is not over before this one begins."""
        begins = {row: self._start(row) for row in ("other", "NEW")}
        ends = {row: f"COALESCE({row}.{self.ends}, {self.last})" for row in ("other", "NEW")}
        return f"{begins['other']} < {ends['NEW']}", f"{ends['other']} > {begins['NEW']}"

    def _start(self, row: str) -> str:
        return f"{row}.{self.starts}" if self.always else f"COALESCE({row}.{self.starts}, {self.first})"

    def postgres(self) -> str:
        return f"{self.range_type}({self.starts}, {self.ends}) WITH &&"


#: Days, as both engines keep them.
DAYS = Span("starts_on", "ends_on", "daterange", "'0000-00-00'", "'9999-99-99'")


class NoOverlap(migrations.RunPython):
    """
    Make a table refuse a row whose span meets that of another with the same keys. May be repeated.

    `while_empty` names a column: a row in which it is filled holds no more and is in nobody's way. `triggers` are the
    endings of the names of SQLite's triggers.
    """

    def __init__(
        self,
        table: str,
        keys: Sequence[Key],
        span: Span = Span(),
        *,
        says: str,
        while_empty: str = "",
        triggers: tuple[str, str] = ("insert", "update"),
    ) -> None:
        self.table, self.keys, self.span, self.says, self.while_empty = table, keys, span, says, while_empty
        self.name = f"{table}_no_overlap"
        self.triggers = tuple(f"{self.name}_{ending}" for ending in triggers)
        super().__init__(lambda apps, editor: self._up(editor), lambda apps, editor: self._down(editor))

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return "NoOverlap", [self.table, self.keys, self.span], {"says": self.says, "while_empty": self.while_empty}

    def _up(self, editor: Any) -> None:
        self._down(editor)
        for statement in self.on_sqlite() if editor.connection.vendor == "sqlite" else self.on_postgres():
            editor.execute(statement)

    def _down(self, editor: Any) -> None:
        if editor.connection.vendor == "sqlite":
            for name in self.triggers:
                editor.execute(f"DROP TRIGGER IF EXISTS {name}")
            return
        editor.execute(f"ALTER TABLE {self.table} DROP CONSTRAINT IF EXISTS {self.name}")
        for name in self._range_types():
            editor.execute(f"DROP TYPE IF EXISTS {name}")

    def on_sqlite(self) -> list[str]:
        begun, not_over = self.span.sqlite()
        empty = self.while_empty
        return [
            _TRIGGER.format(
                name=name, event=event, table=self.table, says=self.says, begun=begun, not_over=not_over,
                same=" AND ".join(key.sqlite() for key in self.keys),
                new=f"NEW.{empty} IS NULL AND " if empty else "",
                old=f"\n      AND other.{empty} IS NULL" if empty else "",
            )
            for name, event in zip(self.triggers, _EVENTS, strict=True)
        ]  # fmt: skip

    def on_postgres(self) -> list[str]:
        same = ", ".join([*(key.postgres() for key in self.keys), self.span.postgres()])
        where = f" WHERE ({self.while_empty} IS NULL)" if self.while_empty else ""
        return [
            *(f"CREATE TYPE {name} AS RANGE (SUBTYPE = text)" for name in self._range_types()),
            f"ALTER TABLE {self.table} ADD CONSTRAINT {self.name} EXCLUDE USING gist ({same}){where}",
        ]

    def _range_types(self) -> list[str]:
        return [key.range_type for key in self.keys if isinstance(key, Word)]
