from django.urls import path, register_converter
from django.urls.converters import StringConverter

from lazaretto.apps.console import compare, downloads, extracts, papers, posts, signing, views


class DayConverter(StringConverter):
    regex = r"\d{4}-\d{2}-\d{2}"


register_converter(DayConverter, "day")
DAY = "facilities/<str:code>/days/<day:text>/"
urlpatterns = [
    path("", views.home, name="home"),
    path("facilities/<str:code>/days/", views.days, name="days"),
    path(DAY, views.day, name="day"),
    path(DAY + "sign/", signing.sign, name="sign"),
    path(DAY + "amend/", signing.amend, name="amend"),
    path(DAY + "draft.json", downloads.draft, name="draft-json"),
    path(DAY + "reports/<int:number>.json", downloads.report, name="report-json"),
    path(DAY + "gaps.xlsx", papers.gaps_as_excel, name="gaps-xlsx"),
    path("facilities/<str:code>/protocol/", views.protocol, name="protocol"),
    path("facilities/<str:code>/protocol/compare/", compare.compare, name="compare"),
    path("facilities/<str:code>/posts/", posts.posts, name="posts"),
    path("facilities/<str:code>/posts/name/", posts.name, name="post-name"),
    path("facilities/<str:code>/posts/<int:pk>/end/", posts.end, name="post-end"),
    path("facilities/<str:code>/figures/", extracts.extracts, name="extracts"),
    path("facilities/<str:code>/figures/<slug:table>.<slug:ending>", extracts.extract, name="extract"),
    path("facilities/<str:code>/protocol.docx", downloads.protocol_word, name="protocol-word"),
    path("facilities/<str:code>/protocol.pdf", downloads.protocol_pdf, name="protocol-pdf"),
    path(DAY + "gaps.pdf", papers.gaps_as_pdf, name="gaps-pdf"),
    path(DAY + "draft.pdf", papers.draft_as_pdf, name="draft-pdf"),
    path(DAY + "draft.xlsx", papers.draft_as_excel, name="draft-xlsx"),
    path(DAY + "reports/<int:number>.pdf", papers.report_as_pdf, name="report-pdf"),
    path(DAY + "reports/<int:number>.pdf.sig.json", papers.report_signature, name="report-signature"),
    path(DAY + "reports/<int:number>.xlsx", papers.report_as_excel, name="report-xlsx"),
    path("facilities/<str:code>/protocol/rounds.pdf", papers.plan_as_pdf, name="plan-pdf"),
    path("facilities/<str:code>/protocol/rounds.xlsx", papers.plan_as_excel, name="plan-xlsx"),
]
