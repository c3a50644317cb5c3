"""Activities that come again: the rule read, its dates found, and each drafted as an activity of its own."""
