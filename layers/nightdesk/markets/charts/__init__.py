"""What users keep on their charts: layouts, points of their own, and shares of them."""
