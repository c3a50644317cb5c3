"""What comes after an activity: feedback, a recap, papers, and the report of its hosts."""
