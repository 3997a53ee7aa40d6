from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "lazaretto.web"
    label = "web"
