"""Campaigns: from a template by five answers, previewed, started, stopped by one switch, and reported on."""
