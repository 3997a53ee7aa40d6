from django.urls import path, register_converter
from django.urls.converters import StringConverter

from lazaretto.apps.console import (
    compare,
    copies,
    downloads,
    duplicates,
    extracts,
    headcount,
    looks,
    movements,
    moving,
    papers,
    people,
    person,
    person_edit,
    places,
    posts,
    signing,
    tables,
    views,
)


class DayConverter(StringConverter):
    regex = r"\d{4}-\d{2}-\d{2}"


register_converter(DayConverter, "day")
HERE = "facilities/<str:code>/"
PERSON = HERE + "people/<str:person>/"
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
    path(HERE + "people/", people.people, name="people"),
    path(HERE + "people.xlsx", people.excel, name="people-xlsx"),
    path(HERE + "register/", people.add, name="person-new"),
    path(PERSON, person.person, name="person"),
    path(PERSON + "show/", person.show, name="person-show"),
    path(PERSON + "precaution/", person.precaution, name="person-precaution"),
    path(PERSON + "edit/", person_edit.edit, name="person-edit"),
    path(PERSON + "part/", person_edit.part, name="person-part"),
    path(PERSON + "copy.<str:ending>", copies.copy, name="person-copy"),
    path(HERE + "movements/", movements.movements, name="movements"),
    path(HERE + "movements.xlsx", movements.excel, name="movements-xlsx"),
    path(HERE + "movements/new/", moving.new, name="movement-new"),
    path(HERE + "movements/<int:number>/void/", movements.void, name="movement-void"),
    path(HERE + "headcount/", headcount.headcount, name="headcount"),
    path(HERE + "headcount.xlsx", headcount.excel, name="headcount-xlsx"),
    path(HERE + "duplicates/", duplicates.duplicates, name="duplicates"),
    path(HERE + "duplicates/<str:person>/<str:other>/", duplicates.duplicate, name="duplicate"),
    path(HERE + "places/", places.places, name="places"),
    path(HERE + "add-place/", places.add, name="place-new"),
    path(HERE + "places/<str:place>/", places.place, name="place"),
    path(HERE + "places/<str:place>/service/", places.service, name="place-service"),
    path(HERE + "tables/", tables.tables, name="tables"),
    path(HERE + "tables/<str:table>.<str:ending>", tables.out, name="table-file"),
    path(HERE + "tables/<str:table>/", tables.table, name="table"),
    path(HERE + "tables/<str:table>/confirm/", tables.confirm, name="table-confirm"),
    path(HERE + "tables/<str:table>/errors/<str:token>.xlsx", tables.errors, name="table-errors"),
    path(HERE + "looks/", looks.looks, name="looks"),
]
