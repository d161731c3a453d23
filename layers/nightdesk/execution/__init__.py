"""Turning what should happen into orders: what a liquidation sells, in which pieces, and what it must leave."""
