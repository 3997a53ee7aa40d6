"""Where the pages of the gate are."""

from django.urls import path

from lazaretto.apps.console.passage import approvals, findings, gate, restrictions, visit

HERE = "facilities/<str:code>/gate/"
urlpatterns = [
    path(HERE, gate.gate, name="gate"),
    path(HERE + "visits.xlsx", gate.as_excel, name="gate-xlsx"),
    path(HERE + "inside/", gate.muster, name="gate-muster"),
    path(HERE + "new/", visit.begin, name="gate-new"),
    path(HERE + "visits/<int:number>/", visit.one, name="gate-visit"),
    path(HERE + "visits/<int:number>/step/", visit.step, name="gate-step"),
    path(HERE + "visits/<int:number>/<str:what>/", visit.act, name="gate-act"),
    path(HERE + "approvals/", approvals.approvals, name="gate-approvals"),
    path(HERE + "approvals/<int:pk>/", approvals.decide, name="gate-decide"),
    path(HERE + "lend/", approvals.lend, name="gate-lend"),
    path(HERE + "lend/<int:pk>/end/", approvals.take_back, name="gate-take-back"),
    path(HERE + "restrictions/", restrictions.restrictions, name="gate-restrictions"),
    path(HERE + "restrictions/review/", restrictions.review, name="gate-review"),
    path(HERE + "refusals/", restrictions.refusals, name="gate-refusals"),
    path(HERE + "findings/", findings.findings, name="gate-findings"),
    path(HERE + "findings/<int:number>/<str:what>/", findings.act, name="gate-finding-act"),
]
