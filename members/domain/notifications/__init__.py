"""What members are told: templates that answer to events, the words that are written, and the inbox."""
