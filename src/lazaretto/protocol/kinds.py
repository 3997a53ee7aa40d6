"""The sixteen kinds of measure, told apart by `kind` (design §2)."""

from typing import Annotated

from pydantic import Field

from lazaretto.protocol.assignment import Assignment
from lazaretto.protocol.chain import Chain
from lazaretto.protocol.limit import Limit
from lazaretto.protocol.measures import Measure
from lazaretto.protocol.pathway import Pathway
from lazaretto.protocol.provisions import Entitlement, Plan, Stock
from lazaretto.protocol.records import Form, Panel, Register, Report
from lazaretto.protocol.restriction import Restriction
from lazaretto.protocol.rotation import Rotation
from lazaretto.protocol.round import Round
from lazaretto.protocol.separation import Separation
from lazaretto.protocol.text import Text
from lazaretto.protocol.trigger import Trigger

AnyMeasure = Annotated[
    Round | Chain | Pathway | Rotation | Restriction | Assignment | Separation | Panel
    | Trigger | Form | Register | Report | Entitlement | Limit | Stock | Plan,
    Field(discriminator="kind"),
]  # fmt: skip

KINDS: dict[str, type[Measure]] = {
    "round": Round, "chain": Chain, "pathway": Pathway, "rotation": Rotation, "restriction": Restriction,
    "assignment": Assignment, "separation": Separation, "panel": Panel, "trigger": Trigger, "form": Form,
    "register": Register, "report": Report, "entitlement": Entitlement, "limit": Limit, "stock": Stock, "plan": Plan,
}  # fmt: skip

WORDS: dict[str, Text] = {
    "round": Text("巡次", "round"),
    "chain": Text("流程", "chain of steps"),
    "pathway": Text("路径", "pathway"),
    "rotation": Text("轮换", "rotation"),
    "restriction": Text("限制", "restriction"),
    "assignment": Text("岗位", "assignment"),
    "separation": Text("分隔", "separation"),
    "panel": Text("检测", "panel of tests"),
    "trigger": Text("触发", "trigger"),
    "form": Text("表单", "form"),
    "register": Text("台账", "register"),
    "report": Text("报告", "report"),
    "entitlement": Text("权益", "entitlement"),
    "limit": Text("上限", "limit"),
    "stock": Text("储备", "stock"),
    "plan": Text("预案", "plan"),
}
