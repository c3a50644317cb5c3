"""The addresses of the API."""

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from incentives.api import (
    badges,
    balances,
    campaigns,
    cases,
    conduct,
    events,
    people,
    points,
    privileges,
    rule_lists,
    rules,
)
from members.api import (
    attributes,
    batches,
    connections,
    event_types,
    invitations,
    ladders,
    members,
    notifications,
    problems,
    rejections,
    segments,
    standings,
    timeline,
    whoami,
)
from members.api import conduct as member_conduct


@csrf_exempt  # It changes nothing, and must say so in the API's own words.
def nothing_here(request: HttpRequest, **_: object) -> JsonResponse:
    detail = "There is nothing at this address; see /api/docs/."
    return problems.plain(request, status_code=404, kind="not_found", detail=detail)


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("api/v1/events", events.Events.as_view(), {"version": "v1"}),
    path("api/v1/events/<str:source>/<path:external_id>", events.EventOutcome.as_view(), {"version": "v1"}),
    path("api/v1/event-types", event_types.EventTypes.as_view(), {"version": "v1"}),
    path("api/v1/event-types/<str:code>", event_types.EventTypeDetail.as_view(), {"version": "v1"}),
    path("api/v1/attributes", attributes.Attributes.as_view(), {"version": "v1"}),
    path("api/v1/members", members.MemberList.as_view(), {"version": "v1"}),
    path("api/v1/members/batch", batches.MemberBatch.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>", members.MemberDetail.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/merges", people.MemberMerges.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/erasure", people.MemberErasure.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/data", people.MemberData.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/balances", balances.Balances.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/statement", points.Statement.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/lots", points.Lots.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/standing", standings.MemberStanding.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/badges", badges.MemberBadges.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/connections", connections.MemberConnections.as_view(), {"version": "v1"}),
    path(
        "api/v1/members/<str:ref>/connections/<str:other>",
        connections.MemberConnection.as_view(),
        {"version": "v1"},
    ),
    path("api/v1/connections", connections.ConnectionCounts.as_view(), {"version": "v1"}),
    path("api/v1/introductions", connections.Introductions.as_view(), {"version": "v1"}),
    path(
        "api/v1/introductions/<str:introduction_id>/answers",
        connections.IntroductionAnswers.as_view(),
        {"version": "v1"},
    ),
    path("api/v1/privileges", privileges.Privileges.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/privileges", privileges.MemberPrivileges.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/privileges/<str:code>", privileges.MemberPrivilege.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/privileges/<str:code>/uses", privileges.PrivilegeUses.as_view(), {"version": "v1"}),
    path(
        "api/v1/members/<str:ref>/privileges/<str:code>/uses/<str:use_id>/cancel",
        privileges.PrivilegeUseCancellation.as_view(),
        {"version": "v1"},
    ),
    path(
        "api/v1/members/<str:ref>/privileges/<str:code>/grants",
        privileges.PrivilegeGrants.as_view(),
        {"version": "v1"},
    ),
    path(
        "api/v1/members/<str:ref>/privileges/<str:code>/grants/<str:grant_id>/revoke",
        privileges.PrivilegeGrantRevocation.as_view(),
        {"version": "v1"},
    ),
    path("api/v1/members/<str:ref>/timeline", timeline.MemberTimeline.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/notifications", notifications.MemberNotifications.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/notifications/read", notifications.NotificationsRead.as_view(), {"version": "v1"}),
    path(
        "api/v1/members/<str:ref>/notification-choice",
        notifications.MemberNotificationChoice.as_view(),
        {"version": "v1"},
    ),
    path("api/v1/members/<str:ref>/cases", cases.MemberCases.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/cases/<str:case_id>", cases.MemberCase.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/cases/<str:case_id>/reopen", cases.CaseReopening.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/cases/<str:case_id>/close", cases.CaseClosing.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/page-link", members.MemberPageLink.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/referrals", invitations.MemberReferrals.as_view(), {"version": "v1"}),
    path("api/v1/invitations", invitations.Invitations.as_view(), {"version": "v1"}),
    path("api/v1/invitations/<str:code>", invitations.InvitationDetail.as_view(), {"version": "v1"}),
    path("api/v1/invitations/<str:code>/accept", invitations.InvitationAcceptance.as_view(), {"version": "v1"}),
    path("api/v1/growth", invitations.GrowthReport.as_view(), {"version": "v1"}),
    path("api/v1/campaigns", campaigns.Campaigns.as_view(), {"version": "v1"}),
    path("api/v1/campaigns/<str:campaign_code>", campaigns.CampaignDetail.as_view(), {"version": "v1"}),
    path("api/v1/campaigns/<str:campaign_code>/report", campaigns.CampaignReport.as_view(), {"version": "v1"}),
    path("api/v1/campaigns/<str:campaign_code>/stop", campaigns.CampaignStop.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/conduct", member_conduct.MemberConduct.as_view(), {"version": "v1"}),
    path("api/v1/members/<str:ref>/rules-acceptance", member_conduct.MemberRules.as_view(), {"version": "v1"}),
    path("api/v1/community-rules", member_conduct.CommunityRulesNow.as_view(), {"version": "v1"}),
    path("api/v1/violations", conduct.Violations.as_view(), {"version": "v1"}),
    path("api/v1/violations/months", conduct.ConductMonths.as_view(), {"version": "v1"}),
    path("api/v1/violations/<int:violation_id>", conduct.ViolationDetail.as_view(), {"version": "v1"}),
    path("api/v1/violations/<int:violation_id>/appeal", conduct.ViolationAppeal.as_view(), {"version": "v1"}),
    path("api/v1/violations/<int:violation_id>/decision", conduct.ViolationDecision.as_view(), {"version": "v1"}),
    path("api/v1/reports", conduct.Reports.as_view(), {"version": "v1"}),
    path("api/v1/spends", points.Spends.as_view(), {"version": "v1"}),
    path("api/v1/adjustments", points.Adjustments.as_view(), {"version": "v1"}),
    path("api/v1/transfers", points.Transfers.as_view(), {"version": "v1"}),
    path("api/v1/reversals", points.Reversals.as_view(), {"version": "v1"}),
    path("api/v1/holds", points.Holds.as_view(), {"version": "v1"}),
    path("api/v1/holds/<uuid:hold_id>", points.HoldDetail.as_view(), {"version": "v1"}),
    path("api/v1/holds/<uuid:hold_id>/capture", points.Captures.as_view(), {"version": "v1"}),
    path("api/v1/holds/<uuid:hold_id>/void", points.Voids.as_view(), {"version": "v1"}),
    path("api/v1/rules", rule_lists.Rules.as_view(), {"version": "v1"}),
    path("api/v1/rules/check", rules.RuleCheck.as_view(), {"version": "v1"}),
    path("api/v1/rules/evaluate", rules.RuleEvaluate.as_view(), {"version": "v1"}),
    path("api/v1/rules/<str:rule_code>", rule_lists.RuleDetail.as_view(), {"version": "v1"}),
    path("api/v1/badges", badges.Badges.as_view(), {"version": "v1"}),
    path(
        "api/v1/members/<str:ref>/tiers/<str:ladder>/<str:tier>/loan", standings.TierLoan.as_view(), {"version": "v1"}
    ),
    path(
        "api/v1/members/<str:ref>/tiers/<str:ladder>/<str:tier>/invitation",
        standings.TierInvitations.as_view(),
        {"version": "v1"},
    ),
    path(
        "api/v1/members/<str:ref>/tiers/<str:ladder>/<str:tier>/invitation/accept",
        standings.TierAcceptance.as_view(),
        {"version": "v1"},
    ),
    path("api/v1/ladders/<str:code>/preview", ladders.LadderPreview.as_view(), {"version": "v1"}),
    path("api/v1/ladders", ladders.Ladders.as_view(), {"version": "v1"}),
    path("api/v1/tiers", ladders.Tiers.as_view(), {"version": "v1"}),
    path("api/v1/segments", segments.Segments.as_view(), {"version": "v1"}),
    path("api/v1/segments/<str:code>", segments.SegmentDetail.as_view(), {"version": "v1"}),
    path("api/v1/segments/<str:code>/members", segments.SegmentMembers.as_view(), {"version": "v1"}),
    path("api/v1/segments/<str:code>/members/<str:ref>", segments.SegmentMembership.as_view(), {"version": "v1"}),
    path("api/v1/segments/<str:code>/evaluate", segments.SegmentEvaluation.as_view(), {"version": "v1"}),
    path("api/v1/rejections", rejections.Rejections.as_view(), {"version": "v1"}),
    path("api/v1/whoami", whoami.WhoAmI.as_view(), {"version": "v1"}),
    # No dot and no dollar: they stop at a line break, and an address may hold one.
    re_path(r"^api/", nothing_here),
]
