"""What figures over series mean: one expression language, one engine for rules, replay and charts."""
