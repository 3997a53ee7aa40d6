"""
The access policy: which role may do what. This table is the policy; everything not in it is denied.

`docs/reference/access.md` is printed from it.
"""

from enum import StrEnum

from lazaretto.apps.accounts.models import Role
from lazaretto.protocol.text import Text


class Permission(StrEnum):
    """One thing that somebody may do in an organisation and in those below it. `WORDS` says what each means."""

    REPORT_READ = "report.read"
    REPORT_READ_OUTGOING = "report.read_outgoing"
    REPORT_SIGN = "report.sign"
    FACT_RECORD = "fact.record"
    EXCUSE_RECORD = "excuse.record"
    CLAIM_DECIDE = "claim.decide"
    PROTOCOL_READ = "protocol.read"
    OVERRIDE_REQUEST = "override.request"
    OVERRIDE_APPROVE = "override.approve"
    PLACES_READ = "places.read"
    PLACES_WRITE = "places.write"
    RESIDENTS_READ = "residents.read"
    STAFF_READ = "staff.read"
    IDENTITY_READ = "identity.read"
    HEALTH_READ = "health.read"
    PEOPLE_WRITE = "people.write"
    MOVE_INSIDE = "move.inside"
    MOVE_ACROSS = "move.across"
    PRECAUTION_SET = "precaution.set"
    TABLES_EXPORT = "tables.export"
    SUBJECT_EXPORT = "subject.export"
    EXTRACT_READ = "extract.read"
    ACCESS_READ = "access.read"
    SUBMISSIONS_READ = "submissions.read"
    SUBMISSIONS_RECEIVE = "submissions.receive"
    TRANSFER = "transfer"
    USERS_MANAGE = "users.manage"
    SIGNAL_AUTHOR = "signal.author"
    SIGNAL_ANSWER = "signal.answer"
    ISOLATION_READ = "isolation.read"
    ISOLATION_ORDER = "isolation.order"
    ISOLATION_CARRY_OUT = "isolation.carry_out"
    ISOLATION_REVIEW = "isolation.review_outside"
    CARE_RECORD = "care.record"
    JOURNAL_READ = "journal.read"
    PASSAGE_READ = "passage.read"
    PASSAGE_RECORD = "passage.record"
    PASSAGE_APPROVE = "passage.approve"
    PASSAGE_CHECK = "passage.check"
    GOODS_READ = "goods.read"
    GOODS_RECORD = "goods.record"
    GOODS_RECALL = "goods.recall"
    GATE_CHECK = "gate.check"


WORDS: dict[Permission, Text] = {
    Permission.REPORT_READ: Text("看本机构日报，缺口有姓名", "read the facility's own report, with gaps by name"),
    Permission.REPORT_READ_OUTGOING: Text(
        "看上报的日报：无姓名，小数隐去", "read the report that leaves: no names, small numbers suppressed"
    ),
    Permission.REPORT_SIGN: Text("签发和更正日报", "sign and amend the day's report"),
    Permission.FACT_RECORD: Text("录入巡查记录", "enter what rounds found"),
    Permission.EXCUSE_RECORD: Text("写免做原因", "record why a round was not owed"),
    Permission.CLAIM_DECIDE: Text(
        "处理时间可疑的记录：收录或退回", "take in or refuse what was recorded with a time that cannot be right"
    ),
    Permission.PROTOCOL_READ: Text("看规程", "read the protocol"),
    Permission.OVERRIDE_REQUEST: Text(
        "申请临时改动规程的数值", "ask that a value of the protocol be another one for a while"
    ),
    Permission.OVERRIDE_APPROVE: Text(
        "以所任机构的名义批准这种改动", "approve such a change in the name of the organisation where the role is held"
    ),
    Permission.PLACES_READ: Text("看场所名册", "read the register of places"),
    Permission.PLACES_WRITE: Text("登记和更正场所", "register and correct places"),
    Permission.RESIDENTS_READ: Text(
        "看被监管人员的姓名、位置和防护要求", "read residents' names, whereabouts and precautions"
    ),
    Permission.STAFF_READ: Text(
        "看工作人员的姓名和位置", "read the names and whereabouts of staff and outside persons"
    ),
    Permission.IDENTITY_READ: Text("看证件号码（留痕）", "read identity numbers (each look is logged)"),
    Permission.HEALTH_READ: Text("看健康信息（留痕）", "read health information (each look is logged)"),
    Permission.PEOPLE_WRITE: Text("建档、更正、合并人员档案", "register people, correct and merge their files"),
    Permission.MOVE_INSIDE: Text("登记所内调动", "record moves inside the facility"),
    Permission.MOVE_ACROSS: Text("登记收、放、出、回、转", "record who comes, goes, returns and is transferred"),
    Permission.PRECAUTION_SET: Text("设定和解除防护要求", "set and lift precautions"),
    Permission.TABLES_EXPORT: Text("导出带姓名的名册（留痕）", "take registers with names out as files (logged)"),
    Permission.SUBJECT_EXPORT: Text(
        "为本人打印其全部档案（留痕）", "print everything on file about a person, for that person (logged)"
    ),
    Permission.EXTRACT_READ: Text("取不含身份的统计数据", "take figures without identities"),
    Permission.ACCESS_READ: Text("查谁看过谁的档案", "see who looked at whose file"),
    Permission.SUBMISSIONS_READ: Text(
        "看下级报来了什么、迟了什么、缺什么", "see what came from below, what is late and what is missing"
    ),
    Permission.SUBMISSIONS_RECEIVE: Text("接收下级的上报包", "take in bundles from below"),
    Permission.TRANSFER: Text("移交和接收人员档案", "hand a person's file over, and take one in"),
    Permission.USERS_MANAGE: Text("管理用户、角色和令牌", "manage users, roles and tokens"),
    Permission.SIGNAL_AUTHOR: Text("看核实问题涉及谁的录入", "see whose entries a question about the record is about"),
    Permission.SIGNAL_ANSWER: Text("答复核实问题和预警", "answer questions about the record and early warnings"),
    Permission.ISOLATION_READ: Text("看隔离看板和照护台账", "see the isolation board and the ledger of care"),
    Permission.ISOLATION_ORDER: Text(
        "决定隔离和观察：开始、复核、解除", "decide on isolation and quarantine: start, review, end"
    ),
    Permission.ISOLATION_CARRY_OUT: Text(
        "安排隔离房间，签收交接", "plan rooms of isolation, hand people over and take them in"
    ),
    Permission.ISOLATION_REVIEW: Text(
        "从机构以外复核长期单间隔离，不见姓名", "review long stays in single rooms from outside, without names"
    ),
    Permission.CARE_RECORD: Text("登记照护：应得的给了没有", "record care: whether what is owed was given"),
    Permission.JOURNAL_READ: Text(
        "看日志、取证明、核验（条目不含姓名和内容）",
        "read the journal, take proofs, verify it (entries hold no names or values)",
    ),
    Permission.PASSAGE_READ: Text(
        "看大门：来访、在内、等待和拒绝", "see the gate: visits, who is inside, holds and refusals"
    ),
    Permission.PASSAGE_RECORD: Text("登记进出流程的步骤", "record the steps of passages"),
    Permission.PASSAGE_APPROVE: Text("审批进入申请，委托审批职责", "approve requests to come in, and lend that duty"),
    Permission.PASSAGE_CHECK: Text("提出和核销问题，复核限制", "raise and verify findings, review restrictions"),
    Permission.GOODS_READ: Text("看货物、食品和供应商", "see goods, food and suppliers"),
    Permission.GOODS_RECORD: Text(
        "登记货物：申报、到货、各步、样品、出库", "record goods: announced, there, each step, samples, to the kitchen"
    ),
    Permission.GOODS_RECALL: Text("召回批次，管供应商台账", "recall lots, keep the register of suppliers"),
    Permission.GATE_CHECK: Text("核对大门记录并签字", "check the gate's record against a second source, and sign it"),
}

#: What each role is, in one plain sentence.
ROLES: dict[str, Text] = {
    Role.WARD_OFFICER: Text("在监区值勤，查体温、点名、调舍。", "Works on a wing: rounds, roll calls, cell moves."),
    Role.GATE_OFFICER: Text("守大门，登记进出。", "Guards the gate and records who and what passes."),
    Role.CLINICIAN: Text("医生、护士：看健康信息，设防护要求。", "Doctor or nurse: reads health information and sets precautions."),
    Role.DUTY_PLANNER: Text("排班，不看健康信息。", "Plans duty; sees fitness for duty, never why."),
    Role.LOGISTICS: Text("管物资、伙房和消毒。", "Runs supplies, kitchen and disinfection."),
    Role.DEPARTMENT_HEAD: Text("带一个监区或科室，管人员档案。", "Leads a wing or section and keeps its people's files."),
    Role.EPIDEMIC_LEAD: Text("本机构疫情防控负责人：签日报、批改动。", "Answers for infection control here: signs the report, approves changes."),
    Role.INSPECTOR: Text("巡查核对，不改记录。", "Checks what was done and changes no record."),
    Role.BUREAU_VIEWER: Text("上级机关：看上报数据，不见姓名。", "At a superior body: reads what is reported, never names."),
    Role.BUREAU_APPROVER: Text("上级机关：批准例外，接收上报包。", "At a superior body: approves exceptions and takes bundles in."),
    Role.PUBLIC_HEALTH: Text("疾控：看上报数据和不含身份的统计。", "At the health agency: reads reports and figures without identities."),
    Role.ANALYST: Text("用不含身份的数据做分析和推演。", "Analyses and rehearses on data without identities."),
    Role.AUDITOR: Text("查谁看过什么，不看内容。", "Sees who looked at what, never what they saw."),
    Role.ADMINISTRATOR: Text("管理用户和系统，看不到健康信息。", "Manages users and the machine; sees no health information."),
}  # fmt: skip

_P = Permission
_NAMES = {_P.RESIDENTS_READ, _P.STAFF_READ, _P.PLACES_READ}
POLICY: dict[str, frozenset[Permission]] = {
    Role.WARD_OFFICER: frozenset({_P.REPORT_READ, _P.FACT_RECORD, _P.PROTOCOL_READ, _P.MOVE_INSIDE, *_NAMES, _P.ISOLATION_READ, _P.ISOLATION_CARRY_OUT, _P.CARE_RECORD, _P.PASSAGE_READ}),
    Role.GATE_OFFICER: frozenset({_P.PROTOCOL_READ, _P.MOVE_ACROSS, *_NAMES, _P.PASSAGE_READ, _P.PASSAGE_RECORD, _P.GOODS_READ, _P.GOODS_RECORD}),
    Role.CLINICIAN: frozenset(
        {
            _P.REPORT_READ, _P.FACT_RECORD, _P.EXCUSE_RECORD, _P.PROTOCOL_READ, _P.OVERRIDE_REQUEST, *_NAMES,
            _P.IDENTITY_READ, _P.HEALTH_READ, _P.PRECAUTION_SET, _P.SUBJECT_EXPORT, _P.ISOLATION_READ, _P.ISOLATION_ORDER, _P.ISOLATION_CARRY_OUT, _P.CARE_RECORD, _P.PASSAGE_READ, _P.PASSAGE_RECORD, _P.GOODS_READ}
    ),
    Role.DUTY_PLANNER: frozenset({_P.PROTOCOL_READ, _P.STAFF_READ, _P.PLACES_READ, _P.PASSAGE_READ}),
    Role.LOGISTICS: frozenset({_P.FACT_RECORD, _P.PROTOCOL_READ, _P.PLACES_READ, _P.PASSAGE_READ, _P.PASSAGE_RECORD, _P.GOODS_READ, _P.GOODS_RECORD, _P.GOODS_RECALL}),
    Role.DEPARTMENT_HEAD: frozenset(
        {
            _P.REPORT_READ, _P.FACT_RECORD, _P.EXCUSE_RECORD, _P.CLAIM_DECIDE, _P.PROTOCOL_READ, _P.OVERRIDE_REQUEST,
            *_NAMES, _P.IDENTITY_READ, _P.PLACES_WRITE, _P.PEOPLE_WRITE, _P.MOVE_INSIDE, _P.MOVE_ACROSS,
            _P.TABLES_EXPORT, _P.TRANSFER, _P.SIGNAL_AUTHOR, _P.SIGNAL_ANSWER, _P.ISOLATION_READ, _P.ISOLATION_CARRY_OUT, _P.CARE_RECORD, _P.PASSAGE_READ, _P.PASSAGE_RECORD, _P.PASSAGE_APPROVE, _P.PASSAGE_CHECK, _P.GOODS_READ, _P.GOODS_RECORD, _P.GOODS_RECALL, _P.GATE_CHECK}
    ),
    Role.EPIDEMIC_LEAD: frozenset(
        {
            _P.REPORT_READ, _P.REPORT_READ_OUTGOING, _P.REPORT_SIGN, _P.FACT_RECORD, _P.EXCUSE_RECORD,
            _P.CLAIM_DECIDE, _P.PROTOCOL_READ, _P.OVERRIDE_REQUEST, _P.OVERRIDE_APPROVE, *_NAMES, _P.IDENTITY_READ, _P.HEALTH_READ,
            _P.PLACES_WRITE, _P.PEOPLE_WRITE, _P.MOVE_INSIDE, _P.MOVE_ACROSS, _P.PRECAUTION_SET, _P.TABLES_EXPORT,
            _P.SUBJECT_EXPORT, _P.EXTRACT_READ, _P.TRANSFER, _P.SIGNAL_AUTHOR, _P.SIGNAL_ANSWER, _P.ISOLATION_READ, _P.ISOLATION_ORDER, _P.ISOLATION_CARRY_OUT, _P.CARE_RECORD, _P.JOURNAL_READ, _P.PASSAGE_READ, _P.PASSAGE_RECORD, _P.PASSAGE_APPROVE, _P.PASSAGE_CHECK, _P.GOODS_READ, _P.GOODS_RECORD, _P.GOODS_RECALL, _P.GATE_CHECK}
    ),
    Role.INSPECTOR: frozenset(
        {_P.JOURNAL_READ, _P.REPORT_READ, _P.REPORT_READ_OUTGOING, _P.PROTOCOL_READ, *_NAMES, _P.SIGNAL_AUTHOR, _P.ISOLATION_READ, _P.PASSAGE_READ, _P.PASSAGE_CHECK, _P.GOODS_READ, _P.GATE_CHECK}
    ),
    Role.BUREAU_VIEWER: frozenset({_P.REPORT_READ_OUTGOING, _P.PROTOCOL_READ, _P.SUBMISSIONS_READ}),
    Role.BUREAU_APPROVER: frozenset(
        {
            _P.REPORT_READ_OUTGOING, _P.PROTOCOL_READ, _P.OVERRIDE_APPROVE, _P.SUBMISSIONS_READ,
            _P.SUBMISSIONS_RECEIVE, _P.ISOLATION_REVIEW, _P.PASSAGE_APPROVE}
    ),
    Role.PUBLIC_HEALTH: frozenset(
        {_P.REPORT_READ_OUTGOING, _P.PROTOCOL_READ, _P.EXTRACT_READ, _P.SUBMISSIONS_READ, _P.ISOLATION_REVIEW}
    ),
    Role.ANALYST: frozenset({_P.REPORT_READ_OUTGOING, _P.PROTOCOL_READ, _P.EXTRACT_READ}),
    Role.AUDITOR: frozenset({_P.REPORT_READ_OUTGOING, _P.PROTOCOL_READ, _P.ACCESS_READ, _P.JOURNAL_READ}),
    Role.ADMINISTRATOR: frozenset({_P.PROTOCOL_READ, _P.USERS_MANAGE}),
}  # fmt: skip

#: Roles whose scope follows the public-health parent; all others follow the command parent.
HEALTH_CHAIN = frozenset({Role.PUBLIC_HEALTH})
