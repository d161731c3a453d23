"""What every process needs to run: settings, logging, tracing, problem+json."""
