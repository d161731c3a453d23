"""GraphQL: queries and mutations."""
