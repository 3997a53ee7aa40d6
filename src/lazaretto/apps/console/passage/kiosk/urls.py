"""Addresses of the kiosk. All lie below one path, which is the scope of its service worker."""

from django.urls import path

from lazaretto.apps.console.passage.kiosk import views

HERE = "facilities/<str:code>/gate/kiosk/"
urlpatterns = [
    path(HERE, views.shell, name="kiosk"),
    path(HERE + "worker.js", views.worker, name="kiosk-worker"),
    path(HERE + "list/", views.listed, name="kiosk-list"),
    path(HERE + "steps/", views.steps, name="kiosk-steps"),
]
