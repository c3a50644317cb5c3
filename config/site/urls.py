"""The addresses of the members' pages."""

from django.contrib.auth import views as auth
from django.urls import path

from config.site import circle, inbox, inviting, missing, needing, playing, views
from config.site.gatherings import coming, feeds, sharing
from config.site.gatherings import views as gatherings

urlpatterns = [
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
    path("activities/", gatherings.calendar, name="activities"),
    path("activities/<slug:code>/", gatherings.activity, name="activity"),
    path("activities/<slug:code>/join/", coming.join, name="join-activity"),
    path("activities/<slug:code>/activity.ics", feeds.one, name="activity-file"),
    path("activities.ics", feeds.public, name="activities-feed"),
    path("calendar/<str:secret>.ics", feeds.own, name="own-feed"),
    path("me/calendar/renew/", feeds.renew, name="renew-calendar"),
    path("me/registrations/<uuid:registration_id>/offer/", coming.answer_offer, name="answer-offer"),
    path("me/registrations/<uuid:registration_id>/cancel/", coming.cancel, name="cancel-registration"),
    path("me/registrations/<uuid:registration_id>/pay/", coming.pay, name="pay-registration"),
    path("me/proposals/propose/", sharing.propose, name="propose-sharing"),
    path("me/proposals/<uuid:proposal_id>/answer/", sharing.answer, name="answer-proposal"),
    path("me/proposals/<uuid:proposal_id>/withdraw/", sharing.withdraw, name="withdraw-proposal"),
    path("me/rounds/<uuid:round_id>/turns/", playing.take_turn, name="take-turn"),
    path("me/events/<int:event_id>/", views.why, name="why"),
    path("me/tiers/<str:ladder>/<str:tier>/", views.answer_tier, name="answer_tier"),
]
