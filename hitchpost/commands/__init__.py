"""One module for each command; at import time they are as light as `--help` needs."""
