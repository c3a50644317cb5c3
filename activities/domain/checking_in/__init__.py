"""Who is there: codes, scans in the order of their own time, walk-ins, and the code in the room."""
