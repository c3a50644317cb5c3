"""What everybody in this app keeps within."""

# The most that a balance can hold, or one entry move, in minor units of a currency.
AMOUNT_MAX = 10**15
