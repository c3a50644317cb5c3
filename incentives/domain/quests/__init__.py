"""Quests: what members go through step by step. A quest measures and tells; a rule pays."""
