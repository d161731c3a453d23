"""The GraphQL schema: one for queries, mutations and the live feed."""
