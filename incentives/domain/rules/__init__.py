"""Rule documents: what they say, whether they hold, and the code they become. Plain Python, no Django."""
