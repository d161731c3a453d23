"""What people must hear of: alerts, the channels they leave by, how long each hop took, signals that come in."""
