"""Sharing as crowdsourcing: members propose, a person accepts, an activity delivers, rules pay."""
