"""Activities as calendars read them (RFC 5545)."""
