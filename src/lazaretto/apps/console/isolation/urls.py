"""Where the pages of isolation are."""

from django.urls import path

from lazaretto.apps.console.isolation import (
    board,
    care,
    cohorts,
    episode,
    equity,
    medicine,
    outside,
    planning,
    separation,
)

HERE = "facilities/<str:code>/isolation/"
ONE = HERE + "episodes/<int:number>/"
urlpatterns = [
    path(HERE, board.board, name="isolation"),
    path(HERE + "plan/", board.plan, name="isolation-plan"),
    path(HERE + "disinfected/", board.disinfected, name="isolation-disinfected"),
    path(HERE + "waits/", board.waits, name="isolation-waits"),
    path(HERE + "board.xlsx", board.as_excel, name="isolation-xlsx"),
    path(HERE + "order/", episode.begin, name="isolation-order"),
    path(HERE + "care/", care.care, name="isolation-care"),
    path(HERE + "care/<int:number>/give/", care.give, name="isolation-give"),
    path(HERE + "care/<int:number>/seen/", care.seen, name="isolation-seen"),
    path(HERE + "outside/", outside.reviews, name="isolation-outside"),
    path(HERE + "outside/<int:number>/", outside.decide, name="isolation-decide"),
    path(HERE + "rooms/", planning.rooms, name="isolation-rooms"),
    path(HERE + "rooms/accept/", planning.accept, name="isolation-accept"),
    path(HERE + "compare/", planning.pathways_compared, name="isolation-compare"),
    path(HERE + "separation/", separation.separation, name="isolation-separation"),
    path(HERE + "separation/plan/", separation.plan, name="isolation-slots"),
    path(HERE + "separation/cancel/<int:pk>/", separation.cancel, name="isolation-slot-cancel"),
    path(HERE + "separation/breach/", separation.breach, name="isolation-breach"),
    path(HERE + "separation/breach/<int:number>/", separation.decide, name="isolation-breach-decide"),
    path(HERE + "medicine/", medicine.medicine, name="fever-medicine"),
    path(HERE + "medicine/<int:pk>/looked/", medicine.looked, name="fever-medicine-looked"),
    path(HERE + "equity/", equity.report, name="isolation-equity"),
    path(HERE + "equity.xlsx", equity.as_excel, name="isolation-equity-xlsx"),
    path(HERE + "cohorts/", cohorts.cohorts, name="isolation-cohorts"),
    path(HERE + "cohorts/open/", cohorts.begin, name="isolation-cohort-open"),
    path(HERE + "cohorts/<int:pk>/", cohorts.cohort, name="isolation-cohort"),
    path(HERE + "cohorts/<int:pk>/<str:what>/", cohorts.act, name="isolation-cohort-act"),
    path(ONE, episode.episode, name="isolation-episode"),
    path(ONE + "notice.pdf", episode.notice, name="isolation-notice"),
    path(ONE + "<str:what>/", episode.act, name="isolation-act"),
]
