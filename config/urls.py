"""Every address of the service."""

from django.contrib import admin
from django.urls import include, path

from config import api, health, openapi  # noqa: F401  Importing openapi registers its extension.
from config.site import urls as site
from config.today import views as today

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    *today.urlpatterns,
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    *api.urlpatterns,
    *site.urlpatterns,
]
