"""Games of the day: how a turn is checked, and rounds that members play."""
