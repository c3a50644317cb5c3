"""Responsibilities: who is appointed to what, where and how long, and who may be next."""
