"""Segments: who is in them now, who came and who went."""
