"""What messages do to state: copies or mutations, optimistic changes, versions, reads before an await."""
