"""A local stand-in for Slack's Web API with an inbox page, used by demo, compose and tests; keeps its
messages in one file; never meant for production."""
