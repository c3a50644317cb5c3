"""Privileges: who may do what, how often, why not, and what the team has promised."""
