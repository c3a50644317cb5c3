"""Spaces: who comes in, who waits in line, who leaves, and how a space is doing."""
