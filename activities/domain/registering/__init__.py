"""Registers members for activities, takes them off again, and lets operators decide where a person decides.

asking.py    a member asks for a place
giving.py    what they get: a place, a bill, a place in line
changing.py  what becomes of it
"""

from activities.domain.registering.asking import register
from activities.domain.registering.changing import CannotChange, accept_offer, approve, cancel, decline_offer, refuse
from activities.domain.registering.giving import CannotRegister

__all__ = [
    "CannotChange", "CannotRegister", "accept_offer", "approve", "cancel", "decline_offer", "refuse", "register",
]  # fmt: skip
