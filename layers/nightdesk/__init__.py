"""Nightdesk's shared package: domains, the contracts between processes, and the adapters that make ports real."""
