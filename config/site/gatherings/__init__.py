"""Activities as people see them: the calendar, the page of one, coming and cancelling, and what is their own."""
