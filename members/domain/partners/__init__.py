"""Partners: what was agreed with them, and what each side gave and got."""
