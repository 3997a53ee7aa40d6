"""Where the pages of isolation are."""

from django.urls import path

from lazaretto.apps.console.isolation import board, care, episode, outside

HERE = "facilities/<str:code>/isolation/"
ONE = HERE + "episodes/<int:number>/"
urlpatterns = [
    path(HERE, board.board, name="isolation"),
    path(HERE + "plan/", board.plan, name="isolation-plan"),
    path(HERE + "disinfected/", board.disinfected, name="isolation-disinfected"),
    path(HERE + "board.xlsx", board.as_excel, name="isolation-xlsx"),
    path(HERE + "order/", episode.begin, name="isolation-order"),
    path(HERE + "care/", care.care, name="isolation-care"),
    path(HERE + "care/<int:number>/give/", care.give, name="isolation-give"),
    path(HERE + "care/<int:number>/seen/", care.seen, name="isolation-seen"),
    path(HERE + "outside/", outside.reviews, name="isolation-outside"),
    path(HERE + "outside/<int:number>/", outside.decide, name="isolation-decide"),
    path(ONE, episode.episode, name="isolation-episode"),
    path(ONE + "notice.pdf", episode.notice, name="isolation-notice"),
    path(ONE + "<str:what>/", episode.act, name="isolation-act"),
]
