"""What is kept: one Postgres, typed tables, and a repository a noun. Rows never leave; domain objects do."""
