"""The engine: judges a batch of events by the rules in force and posts what they earned, in one transaction."""
