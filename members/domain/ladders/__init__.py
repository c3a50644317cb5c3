"""Ladders: what tiers demand, what members have come to, and who therefore holds which tier."""
