"""The points page, noun by noun."""
