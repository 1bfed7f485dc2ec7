"""The JSON:API, version 8: OAuth2, better manners, but no deletions, no seconds and no picklists."""
