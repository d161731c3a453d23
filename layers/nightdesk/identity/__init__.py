"""Who asks: users, tenants, sessions, permissions."""
