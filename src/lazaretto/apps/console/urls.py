from django.urls import path, register_converter
from django.urls.converters import StringConverter

from lazaretto.apps.console import compare, downloads, extracts, posts, signing, views


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
    path(DAY + "gaps.xlsx", downloads.gaps, name="gaps-xlsx"),
    path("facilities/<str:code>/protocol/", views.protocol, name="protocol"),
    path("facilities/<str:code>/protocol/compare/", compare.compare, name="compare"),
    path("facilities/<str:code>/posts/", posts.posts, name="posts"),
    path("facilities/<str:code>/posts/name/", posts.name, name="post-name"),
    path("facilities/<str:code>/posts/<int:pk>/end/", posts.end, name="post-end"),
    path("facilities/<str:code>/figures/", extracts.extracts, name="extracts"),
    path("facilities/<str:code>/figures/<slug:table>.<slug:ending>", extracts.extract, name="extract"),
    path("facilities/<str:code>/protocol.docx", downloads.protocol_word, name="protocol-word"),
    path("facilities/<str:code>/protocol.pdf", downloads.protocol_pdf, name="protocol-pdf"),
]
