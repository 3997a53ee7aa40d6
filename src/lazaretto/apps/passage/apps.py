from django.apps import AppConfig


class PassageConfig(AppConfig):
    name = "lazaretto.apps.passage"
    label = "passage"
    default_auto_field = "django.db.models.BigAutoField"
