"""Orders: intents kept before they are sent, pre-trade checks, the kill switch, the life of an order."""
