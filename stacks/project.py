"""Where the project lies and what its deployment is called, for those who must not load the CDK."""

from pathlib import Path

PROJECT = Path(__file__).parents[1]
PREFIX = "nightdesk"
STAGE = "desk"  # precedes every path of the API at API Gateway
