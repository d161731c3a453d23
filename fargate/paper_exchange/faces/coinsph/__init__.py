"""Coins.ph's public face: a venue for which ccxt has no websockets."""
