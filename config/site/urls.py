"""The addresses of the members' pages."""

from django.contrib.auth import views as auth
from django.urls import path

from config.site import views

urlpatterns = [
    path("", views.home, name="home"),
    path("enter/", views.enter, name="enter"),
    path("login/", auth.LoginView.as_view(template_name="site/login.html"), name="login"),
    path("logout/", views.leave, name="logout"),
    path("me/rules/", views.accept, name="accept-rules"),
    path("me/violations/<int:violation_id>/appeal/", views.ask_again, name="appeal"),
    path("me/data.json", views.take_out, name="take-out"),
    path("me/", views.points, name="points"),
    path("me/events/<int:event_id>/", views.why, name="why"),
]
