"""Pushes what happens to browsers: GraphQL subscriptions over websockets."""
