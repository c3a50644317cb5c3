"""How much members intend to take part, from evidence that fades."""
