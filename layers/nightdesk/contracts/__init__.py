"""Shapes that cross a process: API, GraphQL, events, queues."""
