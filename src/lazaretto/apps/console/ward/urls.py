"""Addresses of the ward client. All lie below one path, which is the scope of its service worker."""

from django.urls import path

from lazaretto.apps.console.ward import views

urlpatterns = [
    path("", views.shell, name="ward"),
    path("worker.js", views.worker, name="ward-worker"),
    path("manifest.webmanifest", views.manifest, name="ward-manifest"),
    path("state/", views.state, name="ward-state"),
    path("enter/", views.enter, name="ward-enter"),
    path("places/", views.places, name="ward-places"),
    path("device/", views.device, name="ward-device"),
    path("lock/", views.lock, name="ward-lock"),
    path("unlock/", views.unlock, name="ward-unlock"),
    path("<str:code>/list/", views.listed, name="ward-list"),
    path("<str:code>/pass/", views.flush_pass, name="ward-pass"),
    path("<str:code>/settle/", views.settle, name="ward-settle"),
]
