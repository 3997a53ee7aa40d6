"""Where the pages of procedures are."""

from django.urls import path

from lazaretto.apps.console.procedures import one, projects, register

HERE = "facilities/<str:code>/procedures/"
WORK = "facilities/<str:code>/work/"
urlpatterns = [
    path(HERE, register.register, name="procedures"),
    path(HERE + "begin/", register.begin, name="procedure-begin"),
    path(HERE + "<int:pk>/", one.one, name="procedure"),
    path(HERE + "<int:pk>/step/", one.step, name="procedure-step"),
    path(HERE + "<int:pk>/withdraw/", one.give_up, name="procedure-withdraw"),
    path(WORK, projects.projects, name="work"),
    path(WORK + "add/", projects.add, name="work-add"),
    path(WORK + "<int:number>/<str:what>/", projects.act, name="work-act"),
]
