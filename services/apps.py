from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ServicesConfig(AppConfig):
    """Services and what stands behind them: lists, details, the create dialog and its drafts."""

    name = "services"
    verbose_name = _("Services")
    default_auto_field = "django.db.models.BigAutoField"
