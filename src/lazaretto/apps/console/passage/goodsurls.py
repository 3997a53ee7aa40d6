"""Where the pages of goods, of the kiosk and of the daily count are."""

from django.urls import path

from lazaretto.apps.console.passage import bringing, dilution, gatedays, goods
from lazaretto.apps.console.passage.kiosk.urls import urlpatterns as kiosk

HERE = "facilities/<str:code>/goods/"
DAYS = "facilities/<str:code>/gate/days/"
urlpatterns = [
    *kiosk,
    path(HERE, goods.register, name="goods"),
    path(HERE + "goods.xlsx", goods.excel, name="goods-xlsx"),
    path(HERE + "new/", goods.announce, name="goods-new"),
    path(HERE + "dilution/", dilution.calculator, name="dilution"),
    path(HERE + "suppliers/", goods.supplier_list, name="suppliers"),
    path(HERE + "recalls/<int:number>/", goods.recall, name="recall"),
    path(HERE + "tables/<str:table>/", bringing.table, name="goods-table"),
    path(HERE + "tables/<str:table>/file.xlsx", bringing.out, name="goods-table-file"),
    path(HERE + "tables/<str:table>/confirm/", bringing.confirm, name="goods-table-confirm"),
    path(HERE + "tables/<str:table>/errors/<str:token>.xlsx", bringing.errors, name="goods-table-errors"),
    path(HERE + "consignments/<str:number>/arrive/", goods.arrive, name="goods-arrive"),
    path(HERE + "lots/<str:number>/", goods.lot, name="lot"),
    path(HERE + "lots/<str:number>/<str:what>/", goods.act, name="lot-act"),
    path(DAYS, gatedays.gate_day, name="gate-days"),
    path(DAYS + "<str:on>/", gatedays.gate_day, name="gate-day"),
    path(DAYS + "<str:on>/<str:what>/", gatedays.act, name="gate-day-act"),
]
