"""Opens and clicks: what goes into a mail of ours, and what a fetch of it meant."""
