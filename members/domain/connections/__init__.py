"""Connections: who spoke to whom, who knows whom by that, and who is introduced."""
