"""Where each address leads."""

from django.urls import include, path

from lazaretto.config.api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("", include("lazaretto.apps.accounts.urls")),
    path("", include("lazaretto.apps.console.urls")),
]
handler404 = "lazaretto.web.errors.not_found"
handler403 = "lazaretto.web.errors.forbidden"
handler500 = "lazaretto.web.errors.broken"
