"""What is computed over history."""
