"""Contents: what members make, what becomes of it, and which of it is good."""
