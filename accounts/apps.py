"""Django's view of this app, and of the admin site that it changes."""

from typing import Any

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    default = True
    name = "accounts"
    verbose_name = _("Access")

    def ready(self) -> None:
        post_migrate.connect(_keep_built_in_roles, sender=self)


class BerthAdmin(admin_apps.AdminConfig):
    """Django's admin, with our site: only platform administrators, and one way to sign in."""

    default = False
    default_site = "accounts.site.BerthAdminSite"


def _keep_built_in_roles(using: str, **options: Any) -> None:
    """After each migration the built-in roles in the database are those of this version."""
    from accounts.domain.rolekeeping import keep_built_in_roles

    keep_built_in_roles(using=using)
