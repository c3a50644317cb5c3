"""The first days after joining: hello, the ice, greeters, and how many get how far."""
