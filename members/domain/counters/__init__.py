"""Counters: what members have done, counted once and read by rules, ladders and segments."""
