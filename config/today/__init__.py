"""Today: what waits for the team, by kind, with who does it until when."""
