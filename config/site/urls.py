"""The addresses of the members' pages."""

from django.contrib.auth import views as auth
from django.urls import path

from config.site import (
    circle,
    coming,
    door,
    inbox,
    inviting,
    leaving_email,
    missing,
    needing,
    playing,
    verifying,
    views,
)

# The same pages twice: for the team by its login, for hosts by their session.
DOOR = (
    ("scan/", "scan", door.scan),
    ("scans/", "scans", door.scans),
    ("room/", "room", door.room),
    ("room/now/", "room-now", door.room_now),
    ("report/", "report", door.report),
    ("recap/", "recap", door.recap),
)

urlpatterns = [
    *[path(f"staff/activities/<slug:code>/{at}", door.for_team(view), name=f"staff-{name}") for at, name, view in DOOR],
    *[path(f"me/hosting/<slug:code>/{at}", door.for_hosts(view), name=f"host-{name}") for at, name, view in DOOR],
    path("me/activities/<slug:code>/mine/", coming.page, name="coming"),
    path("me/activities/<slug:code>/check-in/", coming.check_in, name="check-in"),
    path("me/activities/<slug:code>/feedback/", coming.rate, name="rate-activity"),
    path("me/activities/<slug:code>/papers/<slug:kind>/", coming.paper, name="paper"),
    path("verify/", verifying.ask, name="verify-ask"),
    path("verify/<str:code>/", verifying.verify, name="verify"),
    path("", views.home, name="home"),
    path("enter/", views.enter, name="enter"),
    path("login/", auth.LoginView.as_view(template_name="site/login.html"), name="login"),
    path("logout/", views.leave, name="logout"),
    path("me/rules/", views.accept, name="accept-rules"),
    path("me/violations/<int:violation_id>/appeal/", views.ask_again, name="appeal"),
    path("me/data.json", views.take_out, name="take-out"),
    path("me/", views.points, name="points"),
    path("me/privileges/<slug:code>/use/", views.use_privilege, name="use-privilege"),
    path("me/privilege-uses/<int:use_id>/give-back/", views.give_back_privilege, name="give-back-privilege"),
    path("me/quests/<slug:code>/begin/", views.begin_quest, name="begin-quest"),
    path("me/invitations/make/", inviting.make, name="make-invitation"),
    path("me/invitations/revoke/", inviting.revoke, name="revoke-invitation"),
    path("me/circle/hide/", circle.hide, name="hide-connection"),
    path("me/circle/switch/", circle.switch, name="switch-connections"),
    path("me/circle/connections.csv", circle.export, name="export-connections"),
    path("me/introductions/<int:introduction_id>/", circle.answer, name="answer-introduction"),
    path("me/notifications/read/", inbox.read, name="read-notifications"),
    path("me/notifications/switch/", inbox.switch, name="switch-promotions"),
    path("me/notifications/email/", leaving_email.switch, name="switch-email"),
    path("email/off/<str:token>/", leaving_email.off, name="email-off"),
    path("me/missing/", missing.page, name="missing"),
    path("me/missing/ask/", missing.ask, name="ask-missing"),
    path("me/missing/<int:case_id>/reopen/", missing.reopen, name="reopen-case"),
    path("me/missing/<int:case_id>/close/", missing.close, name="close-case"),
    path("me/needs/ask/", needing.ask, name="ask-need"),
    path("me/needs/<int:need_id>/offer/", needing.offer, name="offer-help"),
    path("me/needs/<int:need_id>/answer/", needing.answer, name="answer-need"),
    path("me/needs/<int:need_id>/choose/", needing.choose, name="choose-helper"),
    path("me/needs/<int:need_id>/confirm/", needing.confirm, name="confirm-need"),
    path("me/needs/<int:need_id>/withdraw/", needing.withdraw, name="withdraw-need"),
    path("me/rounds/<uuid:round_id>/turns/", playing.take_turn, name="take-turn"),
    path("me/events/<int:event_id>/", views.why, name="why"),
    path("me/tiers/<str:ladder>/<str:tier>/", views.answer_tier, name="answer_tier"),
]
