"""A ceiling of law and welfare in words: of which value, where, and how far."""

from pydantic import BaseModel

from lazaretto.protocol import kinds
from lazaretto.protocol.cadence import Cadence
from lazaretto.protocol.ceilings import Ceiling
from lazaretto.protocol.document import Document, Level
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording.cadence import how_often
from lazaretto.protocol.wording.fields import field_name
from lazaretto.protocol.wording.glossary import Glossary
from lazaretto.protocol.wording.phrases import STEP_INTO, in_turn, joined, listed, quoted, same
from lazaretto.protocol.wording.values import inner_model, value_of

_OR = Text("或", " or ")


def ceiling_words(ceiling: Ceiling, document: Document) -> Text:
    """Return the bound: kind › field, only where, and `at most`, `at least` or `one of`."""
    words = Glossary(document)
    chain = _models(ceiling)
    names = [field_name(model, part) for model, part in chain]
    parts = [joined([_kind(ceiling), *names], STEP_INTO)]
    if ceiling.ids:
        parts.append(listed(quoted(words.measure(id_)) for id_ in ceiling.ids))
    parts += [_where(ceiling, chain[-1][0], key, value, document) for key, value in ceiling.where.items()]
    return in_turn([*parts, _bound(ceiling, words)])


def _kind(ceiling: Ceiling) -> Text:
    return Text("级别", "level") if ceiling.kind == "level" else kinds.WORDS[ceiling.kind]


def _models(ceiling: Ceiling) -> list[tuple[type[BaseModel], str]]:
    """Return each field on the way to the value, with the model that has it."""
    model: type[BaseModel] = Level if ceiling.kind == "level" else kinds.KINDS[ceiling.kind]
    found = []
    for part in ceiling.path:
        if part != "*":
            found.append((model, part))
            model = inner_model(model, part) or model
    return found


def _where(ceiling: Ceiling, model: type[BaseModel], key: str, value: str, document: Document) -> Text:
    """Return one condition: the field of the item, and the values of it for which the ceiling holds."""
    if key == "id":
        return joined((_item(ceiling, id_, document) for id_ in value.split("|")), _OR)
    words = Glossary(document)
    said = joined((words.word(part, key) for part in value.split("|")), _OR)
    name = field_name(model, key)
    return Text(f"{name.zh}：{said.zh}", f"{name.en}: {said.en}")


def _item(ceiling: Ceiling, id_: str, document: Document) -> Text:
    named = [m for m in document.measures if ceiling.names(m)]
    items = (item for m in named for item in getattr(m, ceiling.path[0], []) if item.id == id_)
    return next((quoted(item.title.text) for item in items), same(id_))


def _bound(ceiling: Ceiling, words: Glossary) -> Text:
    if ceiling.one_of:
        said = joined((words.word(value, ceiling.path[-1]) for value in ceiling.one_of), Text("；或", ", or "))
        return Text(f"只能为{said.zh}", f"only {said.en}")
    bound = ceiling.bound
    often = how_often(Cadence.model_validate(bound)) if isinstance(bound, dict) else None
    said = often or value_of(ceiling.path, bound, words)
    if ceiling.most is not None:
        return Text(f"至多 {said.zh}", f"at most {said.en}")
    return Text(f"至少 {said.zh}", f"at least {said.en}")
