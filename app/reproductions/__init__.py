"""What `reproduce` is made of: budgets, rows, verdicts, figures; the tables are in tables/."""
