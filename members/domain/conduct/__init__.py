"""Conduct: the community's rules, violations and what follows, appeals, reports, and the way back."""
