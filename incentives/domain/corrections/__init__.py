"""Corrections: one list of members and one act, looked at before, done once each, and undone as a whole."""
