"""Ways to people and their programs: one module a channel, all over one guarded way out."""
