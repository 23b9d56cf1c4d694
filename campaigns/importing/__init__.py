"""Import of people from the files that staff have: reading, columns, verdicts, rejects."""
