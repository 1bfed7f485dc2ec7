"""The triage screen."""
