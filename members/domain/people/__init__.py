"""Members by the many: saved together, brought from a table and taken out again as one."""
