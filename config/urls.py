"""Every address of the service."""

from django.contrib import admin
from django.urls import include, path

from config import api, health, openapi  # noqa: F401  Importing openapi registers its extension.
from config.site import urls as site

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    *api.urlpatterns,
    *site.urlpatterns,
]
