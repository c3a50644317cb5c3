"""Words of the admin's theme, which ships no translations: named here so that ours are kept beside our own words."""

from django.utils.translation import gettext_noop as _

WORDS = (
    _("Add row"), _("All applications"), _("Apply Filters"), _("Cancel"), _("Changes"), _("Collapse"), _("Dark"),
    _("Date from"), _("Date to"), _("Edit"), _("Expand row"), _("False"), _("From"), _("General"), _("Go back"),
    _("Light"), _("Loading more results..."), _("More actions"), _("New"), _("No data"), _("No results found"),
    _("No results matching your query"), _("Reset filters"), _("Return to site"), _("Run"),
    _("Search apps and models..."), _("Select action"), _("Select action to run"), _("Select all rows"),
    _("Select record"), _("Select value"), _("Submit"), _("System"), _("This item will be deleted."),
    _("This page yielded into no results. Create a new item or reset your filters."), _("To"),
    _("Toggle password visibility"), _("True"), _("Type to search"), _("Update"), _("Value"),
)  # fmt: skip
