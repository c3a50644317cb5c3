"""Events in: what a type's data look like, what an item says, and how it reaches the timeline."""
