"""Every page says what its browser may run."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


def policy(answer) -> dict[str, list[str]]:
    directives = (each.split() for each in answer.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in directives}


@pytest.mark.parametrize("path", ["/login/", "/me/", "/healthz", "/api/v1/whoami", "/nowhere"])
def test_only_our_own_scripts_run_on_pages_of_ours(client, path):
    assert "script-src" not in policy(client.get(path))
    assert policy(client.get(path))["default-src"] == ["'self'"]


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/members/member/"])
def test_the_admin_has_a_policy_that_allows_what_its_theme_needs(admin_client, path):
    found = policy(admin_client.get(path))

    assert found["script-src"] == ["'self'", "'unsafe-inline'", "'unsafe-eval'"]
    assert (found["default-src"], found["frame-ancestors"]) == (["'self'"], ["'none'"])


def test_the_documentation_of_the_api_runs_no_script_of_its_page(client):
    found = policy(client.get("/api/docs/"))

    assert "script-src" not in found
    assert found["style-src"] == ["'self'", "'unsafe-inline'"]
