"""Mail of ours goes out, each once as far as the protocol allows; `round` is where it begins."""
