"""Values every portfolio as prices move, publishes what changed, and makes its exact 15-minute candles."""
