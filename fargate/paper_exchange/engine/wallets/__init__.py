"""What an account has besides its spot wallet: conversions, rewards, cross margin, USD-M futures."""
