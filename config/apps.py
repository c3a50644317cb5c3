from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The wiring: commands, templates and pages where the apps meet."""

    name = "config"
    label = "site_wiring"
    verbose_name = "Laurels"
